"use strict";
// Both languages are in the page; one of them is shown.
const root = document.documentElement;
const shown = () => root.dataset.lang;
const language = (name) => {
  root.dataset.lang = root.lang = name;
  for (const one of document.querySelectorAll("button[data-lang]")) one.setAttribute("aria-pressed", String(one.dataset.lang === name));
  document.title = root.dataset[name === "ja" ? "titleJa" : "titleEn"];
  for (const one of document.querySelectorAll("option[data-en]")) one.textContent = one.dataset[name];
  for (const one of document.querySelectorAll("input[data-en]")) one.placeholder = one.dataset[name];
};
for (const one of document.querySelectorAll("button[data-lang]")) one.addEventListener("click", () => { language(one.dataset.lang); document.dispatchEvent(new Event("language")); });
for (const one of document.querySelectorAll("button.print")) one.addEventListener("click", () => window.print());
language(shown());
