"""The texts that Windows shows for its time zones, without "(GMT+09:00)" before them → Windows key.

Old items hold only this text (PidLidTimeZoneDescription). English and Japanese, of Windows XP and later.
"""

from collections.abc import Mapping

_SHOWN = """
Dateline: International Date Line West
Samoa: Midway Island, Samoa
Hawaiian: Hawaii
Alaskan: Alaska
Pacific: Pacific Time (US & Canada) | Pacific Time (US & Canada); Tijuana | 太平洋標準時 (米国およびカナダ)
Pacific (Mexico): Tijuana, Baja California | Baja California
US Mountain: Arizona
Mountain (Mexico): Chihuahua, La Paz, Mazatlan
Mountain: Mountain Time (US & Canada) | 山地標準時 (米国およびカナダ)
Central America: Central America
Central: Central Time (US & Canada) | 中部標準時 (米国およびカナダ)
Central (Mexico): Guadalajara, Mexico City, Monterrey
Canada Central: Saskatchewan
SA Pacific: Bogota, Lima, Quito | Bogota, Lima, Quito, Rio Branco
Eastern: Eastern Time (US & Canada) | 東部標準時 (米国およびカナダ)
US Eastern: Indiana (East)
Venezuela: Caracas
Atlantic: Atlantic Time (Canada)
SA Western: Caracas, La Paz | Georgetown, La Paz, Manaus, San Juan
Pacific SA: Santiago
Newfoundland: Newfoundland
E. South America: Brasilia
SA Eastern: Buenos Aires, Georgetown | Cayenne, Fortaleza
Argentina: Buenos Aires | City of Buenos Aires
Greenland: Greenland
Azores: Azores
Cape Verde: Cape Verde Is.
GMT: Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London
GMT: Dublin, Edinburgh, Lisbon, London | ダブリン、エジンバラ、リスボン、ロンドン
Greenwich: Casablanca, Monrovia | Monrovia, Reykjavik
Morocco: Casablanca
W. Europe: Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna
W. Europe: アムステルダム、ベルリン、ベルン、ローマ、ストックホルム、ウィーン
Central Europe: Belgrade, Bratislava, Budapest, Ljubljana, Prague
Romance: Brussels, Copenhagen, Madrid, Paris | ブリュッセル、コペンハーゲン、マドリード、パリ
Central European: Sarajevo, Skopje, Warsaw, Zagreb
W. Central Africa: West Central Africa
GTB: Athens, Istanbul, Minsk | Athens, Bucharest, Istanbul | Athens, Bucharest
E. Europe: Bucharest
Egypt: Cairo
South Africa: Harare, Pretoria
FLE: Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius
Israel: Jerusalem
Arabic: Baghdad
Arab: Kuwait, Riyadh
Russian: Moscow, St. Petersburg, Volgograd | Moscow, St. Petersburg
E. Africa: Nairobi
Iran: Tehran
Arabian: Abu Dhabi, Muscat
Azerbaijan: Baku
Caucasus: Yerevan | Baku, Tbilisi, Yerevan
Afghanistan: Kabul
Ekaterinburg: Ekaterinburg
West Asia: Islamabad, Karachi, Tashkent | Tashkent | Ashgabat, Tashkent
Pakistan: Islamabad, Karachi
India: Chennai, Kolkata, Mumbai, New Delhi
Sri Lanka: Sri Jayawardenepura
Nepal: Kathmandu
Central Asia: Astana, Dhaka | Astana
Bangladesh: Dhaka
N. Central Asia: Almaty, Novosibirsk | Novosibirsk
Myanmar: Rangoon | Yangon (Rangoon)
SE Asia: Bangkok, Hanoi, Jakarta | バンコク、ハノイ、ジャカルタ
North Asia: Krasnoyarsk
China: Beijing, Chongqing, Hong Kong, Urumqi | 北京、重慶、香港、ウルムチ
North Asia East: Irkutsk, Ulaan Bataar | Irkutsk
Singapore: Kuala Lumpur, Singapore | クアラルンプール、シンガポール
W. Australia: Perth
Taipei: Taipei | 台北
Tokyo: Osaka, Sapporo, Tokyo | 大阪、札幌、東京 | 東京、大阪、札幌
Korea: Seoul | ソウル
Yakutsk: Yakutsk
Cen. Australia: Adelaide
AUS Central: Darwin
E. Australia: Brisbane
AUS Eastern: Canberra, Melbourne, Sydney
West Pacific: Guam, Port Moresby
Tasmania: Hobart
Vladivostok: Vladivostok
Central Pacific: Magadan, Solomon Is., New Caledonia | Solomon Is., New Caledonia
New Zealand: Auckland, Wellington
Fiji: Fiji, Kamchatka, Marshall Is. | Fiji
Tonga: Nuku'alofa
"""


def _windows_key(short: str) -> str:
    base, mexico, _ = short.partition(" (Mexico)")
    return f"{base} Standard Time{mexico}"


def _parsed(table: str) -> dict[str, str]:
    rows = (line.split(": ", 1) for line in table.strip().splitlines())
    return {shown.casefold(): _windows_key(key) for key, texts in rows for shown in texts.split(" | ")}


DISPLAYED: Mapping[str, str] = _parsed(_SHOWN)
