"""Names of countries and large territories, as one expression over folded bytes (accents are \\xe9)."""

from __future__ import annotations

import re

_NAMES = """
Afghanistan; Albania; Algeria; Andorra; Angola; Argentina; Armenia; Aruba; Australia; Austria;
Azerbaijan; Bahamas; Bahrain; Bangladesh; Barbados; Belarus; Belgium; Belize; Benin; Bermuda;
Bhutan; Bolivia; Botswana; Brazil; Brunei; Bulgaria; Burundi; Cambodia; Cameroon; Canada; Chad;
Chile; China; Colombia; Comoros; Congo; Croatia; Cuba; Cyprus; Czechia; Denmark; Djibouti; Dominica;
Ecuador; Egypt; Eritrea; Estonia; Eswatini; Ethiopia; Fiji; Finland; France; Gabon; Gambia; Georgia;
Germany; Ghana; Gibraltar; Greece; Greenland; Grenada; Guadeloupe; Guam; Guatemala; Guernsey;
Guinea; Guyana; Haiti; Honduras; Hungary; Iceland; India; Indonesia; Iran; Iraq; Ireland; Israel;
Italy; Jamaica; Japan; Jersey; Jordan; Kazakhstan; Kenya; Kiribati; Kosovo; Kuwait; Kyrgyzstan;
Laos; Latvia; Lebanon; Lesotho; Liberia; Libya; Liechtenstein; Lithuania; Luxembourg; Macao;
Macedonia; Madagascar; Malawi; Malaysia; Maldives; Mali; Malta; Martinique; Mauritania; Mauritius;
Mexico; Micronesia; Moldova; Monaco; Mongolia; Montenegro; Morocco; Mozambique; Myanmar; Namibia;
Nauru; Nepal; Netherlands; Nicaragua; Niger; Nigeria; Norway; Oman; Pakistan; Palau; Palestine;
Panama; Paraguay; Peru; Philippines; Poland; Portugal; Qatar; Romania; Russia; Rwanda; Samoa;
Senegal; Serbia; Seychelles; Singapore; Slovakia; Slovenia; Somalia; Spain; Sudan; Suriname; Sweden;
Switzerland; Syria; Taiwan; Tajikistan; Tanzania; Thailand; Togo; Tonga; Tunisia; Turkey;
Turkmenistan; Tuvalu; Uganda; Ukraine; Uruguay; USA; UK; Uzbekistan; Vanuatu; Venezuela; Vietnam;
Yemen; Zambia; Zimbabwe; Deutschland; Österreich; Schweiz; Suisse; Svizzera; Italia; España;
Nederland; Belgique; België; Danmark; Norge; Sverige; Suomi; Polska; Brasil; México; Türkiye;
Réunion; Hrvatska; Slovenija; Slovensko; Česko; Magyarország; România; Schweden; Frankreich;
Italien; Spanien; Allemagne; England; Scotland; Wales; American Samoa; Antigua and Barbuda; Bosnia
and Herzegovina; Bosnia & Herzegovina; British Virgin Islands; Burkina Faso; Cape Verde; Cayman
Islands; Central African Republic; Cook Islands; Costa Rica; Czech Republic; Dominican Republic;
East Timor; El Salvador; Equatorial Guinea; Falkland Islands; Faroe Islands; Faeroe Islands; French
Guiana; French Polynesia; Hong Kong; Isle of Man; Ivory Coast; Marshall Islands; New Caledonia; New
Zealand; North Korea; Northern Ireland; North Macedonia; Papua New Guinea; Puerto Rico; San Marino;
Saudi Arabia; Sierra Leone; Solomon Islands; South Africa; South Korea; Sri Lanka; Svalbard & Jan
Mayen; Trinidad and Tobago; United Arab Emirates; United Kingdom; United States of America; United
States; Vatican City; Great Britain; The Netherlands; Wallis & Futuna; Western Sahara
"""


COUNTRIES: tuple[str, ...] = tuple(name.strip() for name in _NAMES.replace("\n", " ").split(";"))


def _folded(name: str) -> str:
    return re.sub("[^\x00-\x7f]", r"\\xe9", re.escape(name)).replace("\\ ", r"\s")


# The longest first, so that "Guinea" does not end "Guinea-Bissau" early.
COUNTRY = "(?:" + "|".join(_folded(name) for name in sorted(COUNTRIES, key=len, reverse=True)) + ")"
