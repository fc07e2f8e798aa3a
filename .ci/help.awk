# Puts the text of help.ja (name, tab, text) in the place of what make help says of each target.
NR == FNR { name = $1; sub(/^[^\t]*\t/, ""); said[name] = $0; next }
{ printf "  %-15s %s\n", $1, said[$1] }
