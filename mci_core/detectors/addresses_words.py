"""Words of postal addresses in fifteen languages, as parts of expressions over folded bytes (accents are "
"\\xe9)."""

from __future__ import annotations

WORD = r"[A-Z\xe9][A-Za-z\xe9'.-]*"
NUMBER = r"\d{1,6}(?: ?[A-Za-z]\b)?(?:[-/]\d{1,4}[A-Za-z]?)?"
_SMALL = (
    r"(?:de las?|de los|de|del|della|dello|degli|dei|di|da|do|dos|das|du|des|la|le|les|los|las|el|al|van|"
    r"von|der|den|"
    r"het|'t|y|e|i|of|the|and|d'|l'|sur|sous|au|aux|bis|ter)"
)
# One to four words with capital letters, small words between them.
NAME = rf"{WORD}(?: (?:{_SMALL} ){{0,2}}{WORD}){{0,3}}"
# What follows the name of a street in English; those of the United States Postal Service, and British ones.
AFTER_NAME = (
    r"(?:Streets?|St|Avenues?|Ave?|Roads?|Rd|Lanes?|Ln|Drives?|Dr|Boulevard|Blvd|Courts?|Ct|Place|Pl|Plaza|"
    r"Squares?|Sq|"
    r"Terrace|Ter|Trail|Trl|Parkways?|Pkwy|Highway|Hwy|Ways?|Circles?|Cir|Loop|Crescent|Cres|Close|Grove|"
    r"Groves|Hills?|"
    r"Gardens?|Mews|Row|Walks?|Alley|Pike|Turnpike|Crossing|Crossroad|Ridges?|Views?|Heights|Parks?|Points?|"
    r"Manors?|"
    r"Lodge|Mission|Freeway|Fwy|Riviera|Locks?|Cliffs?|Creek|Isle|Fords?|Forges?|Bypass|Club|Estates?|"
    r"Extensions?|"
    r"Fields?|Flats?|Fort|Gateway|Glens?|Greens?|Harbors?|Haven|Hollow|Inlet|Islands?|Junctions?|Keys?|"
    r"Knolls?|Lakes?|"
    r"Landing|Lights?|Meadows?|Mills?|Motorway|Mount|Mountains?|Neck|Orchard|Oval|Overpass|Pass|Passage|"
    r"Path|Pines?|"
    r"Plains?|Ports?|Prairie|Radial|Ramp|Ranch|Rapids?|Rest|River|Route|Run|Shoals?|Shores?|Skyway|Springs?|"
    r"Spurs?|"
    r"Station|Stravenue|Stream|Summit|Throughway|Trace|Track|Trafficway|Tunnel|Unions?|Underpass|Valleys?|"
    r"Viaduct|"
    r"Villages?|Ville|Vista|Wells?|Burgs?|Canyon|Cape|Causeway|Centers?|Common|Corners?|Course|Cove|Coves|"
    r"Curve|Dale|"
    r"Dam|Divide|Expressway|Falls|Ferry|Quay|Wharf|Rise|Chase|Nagar|Marg|Chowk|Colony|Bazaar)"
)
# What stands before the name of a street.
BEFORE_NAME = (
    r"(?:[Rr]ue|[Aa]venue|[Aa]venida|[Aa]vda?\.?|[Aa]v\.|[Bb]oulevard|[Bb]lvd\.?|[Bb]d\.?|[Pp]lace|"
    r"[Cc]hemin|[Aa]ll\xe9e|"
    r"[Qq]uai|[Ii]mpasse|[Rr]oute|[Cc]ours|[Ss]quare|[Rr]otonda|[Vv]ia|[Vv]iale|[Pp]iazzale|[Pp]iazza|"
    r"[Cc]orso|[Vv]icolo|"
    r"[Ll]argo|[Ss]trada|[Cc]ontrada|[Bb]orgo|[Ii]ncrocio|[Cc]anale|[Ss]tretto|[Cc]alle|C/|[Pp]aseo|"
    r"[Pp]laza|[Cc]amino|"
    r"[Cc]arretera|[Rr]onda|[Cc]allej\xe9n|[Gg]lorieta|[Tt]raves\xe9a|[Pp]asaje|[Uu]rbanizaci\xe9n|"
    r"[Cc]uesta|[Rr]ambla|"
    r"[Cc]arrer|[Vv]\xe9a|[Cc]a\xe9ada|[Aa]calle|[Rr]ua|[Tt]ravessa|[Pp]ra\xe9a|[Aa]lameda|[Ee]strada|"
    r"[Rr]odovia|"
    r"[Uu]l\.?|[Uu]lica|[Uu]lice|[Aa]leja|[Aa]leje|[Aa]l\.|[Pp]lac|[Pp]l\.|[Oo]s\.|[Oo]siedle|[Ss]tr\.?|"
    r"[Bb]ulevardul|"
    r"[Aa]leea|[Cc]alea|[Ii]ntrarea|[Nn]\xe9m\xe9st\xe9|[Nn]\xe9m\.|[Tt]rg|[Cc]esta|[Jj]alan|[Jj]ln?\.?|"
    r"[Gg]g\.|[Pp]ra\xe9eta|"
    r"[Ss]tradela|[Bb]eco|[Cc]al\xe9ada|Lugar|Sokak|Mahallesi|Cadde|Ruelle|Sentier|Passage|Esplanade|Hameau|"
    r"Lotissement)"
)
# Endings that make a word a street.
ENDINGS = (
    r"(?:stra(?:ss|\xe9)e|str\.?|gasse|weg|platz|allee|ring|damm|ufer|steig|chaussee|stieg|gracht|straat|"
    r"laan|plein|kade|"
    r"dijk|steeg|singel|dreef|pad|gatan|v\xe9gen|gata|gr\xe9nd|stigen|torget|backen|vej|gade|all\xe9|"
    r"str\xe9de|toften|"
    r"parken|veien|vegen|tien|tunet|svingen|bakken|katu|tie|kuja|polku|raitti|tori|utca|ter|terrasse)"
)
# Streets of two words whose second says so.
SECOND_WORDS = (
    r"(?:stra(?:ss|\xe9)e|gasse|weg|platz|allee|ring|damm|utca|\xe9tja|\xe9t|t\xe9r|k\xe9z|k\xe9r\xe9t|"
    r"sokak|sok\.|"
    r"caddesi|cad\.|mah\.|mahallesi|bulvar\xe9|gate|gata|vei|veg|g\xe9rd|vei|ulica|ulice|trg|straat|laan|"
    r"tee|t\xe9nav|"
    r"gatv\xe9|g\.|iela|utca|k\xe9rt|terrasse|plads)"
)
UNIT = (
    r"(?:(?:apt|apartment|suite|ste|unit|floor|fl|flat|room|rm|bldg|building|block|blk|bl|sc|et|ap|lot|app|"
    r"appt|wohnung|top|"
    r"stiege|esc|piso|pta|puerta|apto|depto|int|interno|lok|lokal|\xe9tage|b\xe9t|nr|no|n\xe9|box|hus|lgh|"
    r"dept|office|"
    r"bajo|izq|dcha|kat|daire)\b\.? {0,2}(?:[A-Za-z]?\d{1,5}[A-Za-z]?\b|[A-Z]\b)|#\s?\d{1,5}[A-Za-z]?|"
    r"\d{1,3}(?:st|nd|rd|th|er|\xe9me|e|\xb7|\xba|\.) (?:floor|\xe9tage|og|stock|piso|ov|tv|th))"
)
BOX = (
    r"(?:p\.? ?o\.? ?box|post(?:fach|bus|boks|box|lokero|office box)|casella postale|c\.p\.|"
    r"apartado(?: de correos| postal)?|"
    r"apdo\.?|caixa postal|bo\xe9te postale|skr(?:z\.|ytka) pocztowa|po\xe9tansk\xe9 p\xe9ed\xe9l|gpo box|"
    r"private bag|"
    r"locked bag|\bbp|\bb\.p\.)\s{0,2}(?:n[or\xb7\xe9]\.? ?)?\d{1,6}"
)
POSTCODE = (
    r"(?:(?:[A-Z]{1,3}[- ])?\d{4,6}(?:-\d{3,4})?|\d{3} \d{2}|\d{2}-\d{3}|\d{4} ?[A-Z]{2}|\d{2} \d{3}|"
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)"
)
# Words after which an address stands, and nothing else.
CUES = (
    r"(?:\baddress(?:es)?(?: (?:is|to|of|for|here|are|on file|now|changed to|:)){0,2}|\blives? (?:at|in|on)|"
    r"\bliving (?:at|in|on)|"
    r"\blocated (?:at|in|on)|\bresid(?:es|ing|ent) (?:at|of|in)|\bship(?:ped|ping)?(?: it| them| this)? to|"
    r"\bdeliver(?:ed|y)?"
    r"(?: it| them)? to|\bmoved? to|\bmail(?:ed)?(?: it)? to|\bstreet(?:[_ ]address)?|\bdomiciled? (?:at|"
    r"in)|\bhome is(?: at)?|"
    r"\badresse?|\banschrift|\bwohnhaft(?: in)?|\bwohnt in(?: der)?|\bdirecci\xe9n|\bdomicilio|\bindirizzo|"
    r"\bendere\xe9o|"
    r"\badres|\bzamieszka\xe9[aey]?|\bwoont (?:op|aan|in)|\bhabite(?: au)?|\bdemeurant(?: au)?|\bvive en|"
    r"\bresidente in|"
    r"\bvisit(?:ing)? us at|\boffice is (?:at|in|on)|\bmeet(?: \w+){0,3} at|\benter (?:on|at)|"
    r"\bdrops? \w+ off at|\bpick(?:ed)?"
    r"(?: \w+)? up (?:at|from)|\bgo(?:ing)? to|\bit'?s (?:in|at|on)|\bcame to|\bsend(?: \w+){0,5} to|"
    r"\bsent to|\bparty at)"
)
# A line that starts with one of these is no city.
NO_CITY = (
    r"(?i)^\s*(?:tel|phone|telefon|t\xe9l|mobile|mobil|cell|fax|e-?mail|mail|web|www|http|desk|office|dob|"
    r"date|name|iban|"
    r"ssn|best|regards|thanks|sincerely|from|to|cc|subject|sent|order|invoice|tab|enter|contact|dear|hi|"
    r"please|the|i|we)\b"
)
