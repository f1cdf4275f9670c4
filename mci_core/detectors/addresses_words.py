"""Words of postal addresses in fifteen languages, as parts of expressions over folded bytes (accents are "
"\\xe9)."""

from __future__ import annotations

WORD = r"[A-Z\xe9][A-Za-z\xe9'.-]*"
NUMBER = r"(?:\d{1,6}(?: ?[A-Za-z]\b)?(?:[-/]\d{1,4}[A-Za-z]?)?|[Ss]/[Nn]\b)"
_SMALL = (
    r"(?:de las?|de los|de|del|della|dello|degli|dei|di|da|do|dos|das|du|des|la|le|les|los|las|el|al|van|"
    r"von|der|den|"
    r"het|'t|y|e|i|of|the|and|d'|l'|sur|sous|au|aux|bis|ter)"
)
# One to four words with capital letters, small words between them.
NAME = rf"{WORD}(?: (?:{_SMALL} ){{0,2}}{WORD}){{0,3}}"
# What follows the name of a street in English; those of the United States Postal Service, and British ones.
AFTER_NAME = (
    r"(?:Streets?|St|Avenues?|Ave?|Roads?|Rd|Lanes?|Ln|Drives?|Dr|Boulevard|Blvd|Courts?|Ct|Places?|Pl|"
    r"Plaza|Plains?|Squares?|Sq|Terrace|Ter|Trail|Trl|Parkways?|Pkwy|Highway|Hwy|Ways?|Circles?|Cir|"
    r"Circlet|Circuit|Circus|Loop|Crescent|Cres|Crest|Close|Groves?|Hills?|Gardens?|Mews?|Row|Walks?|"
    r"Walkway|Alley|Alleyway|Pike|Turnpike|Cross|Crossing|Crossroads?|Crossway|Ridges?|Views?|Heights|"
    r"Parks?|Parklands|Points?|Manors?|Lodge|Mission|Freeway|Fwy|Riviera|Locks?|Cliffs?|Creek|Isle|"
    r"Fords?|Forges?|Forest|Bypass|Byway|Club|Clubs|Estates?|Extensions?|Fields?|Flats?|Forts?|Gateway|"
    r"Gate|Glens?|Glade|Grange|Greens?|Harbors?|Haven|Hollow|Inlet|Islands?|Junctions?|Keys?|Knolls?|"
    r"Lakes?|Landing|Lights?|Link|Meadows?|Mills?|Motorway|Mount|Mountains?|Neck|Nook|Orchard|Oval|"
    r"Overpass|Outlook|Parade|Pass|Passage|Path|Piazza|Pier|Pines?|Plateau|Pocket|Ports?|Prairie|"
    r"Promenade|Quadrant|Quays?|Radial|Ramble|Ramp|Ranch|Rapids?|Reach|Reserve|Rest|Retreat|Ride|Rise|"
    r"River|Route|Round|Rue|Run|Shoals?|Shores?|Siding|Skyway|Slope|Springs?|Spurs?|Stairs|Station|"
    r"Stravenue|Strand|Stream|Strip|Summit|Subway|Thoroughfare|Throughway|Tollway|Tor|Towers|Trace|"
    r"Track|Trafficway|Triangle|Tunnel|Turn|Underpass|Unions?|Valleys?|Viaduct|Villages?|Villas|Ville|"
    r"Vista|Wells?|Wharf|Wynd|Burgs?|Brooks?|Bridge|Broadway|Canyon|Cape|Causeway|Centers?|Centre|"
    r"Chase|Common|Concourse|Copse|Corners?|Corso|Course|Courtyard|Coves?|Curve|Cutting|Dale|Dam|Dell|"
    r"Divide|Driveway|Elbow|End|Entrance|Esplanade|Expressway|Fairway|Falls|Ferry|Foreshore|Frontage|"
    r"Gully|Interchange|Knot|Land|Laneway|Lees|Line|Lookout|Mall|Meander|Mile|Nagar|Marg|Chowk|Colony|"
    r"Bazaar|Ganj|Zila|Anchorage|Approach|Arcade|Amble|Access|Basin|Beach|Bend|Brae|Brow)"
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
    r"[Ss]tradela|[Bb]eco|[Cc]al\xe9ada|Lugar|Sokak|Mahallesi|Distrito|\xe9rea|R\.|Av|C\.|Acceso|"
    r"Ca\xe9ada|Pasadizo|Ampliaci\xe9n|Andador|Cerrada|Circuito|Circunvalaci\xe9n|Continuaci\xe9n|"
    r"Corredor|Diagonal|Eje vial|Perif\xe9rico|Privada|Prolongaci\xe9n|Retorno|Viaducto|Carrera|"
    r"Mont\xe9e|mont\xe9e|rang|all\xe9|Soseaua|Gang|Perivoj|Setaliste|Lagoa|Campo|Jardim|Quinta|Parque|"
    r"N\xe9cleo|Loteamento|Conjunto|Vila|Viela|Ladeira|Morro|S\xe9tio|Fazenda|Condom\xe9nio|"
    r"Residencial|Setor|Trecho|Vereda|Viaduto|Piazzetta|Cadde|Ruelle|Sentier|Passage|Esplanade|Hameau|"
    r"Lotissement)"
)
# Endings that make a word a street.
ENDINGS = (
    r"(?i:stra(?:ss|\xe9)e|str\.?|gasse|weg|platz|allee|[bdfghklmnstz]ring|-ring|baan|boulevard|hof|"
    r"markt|flata|all\xe9en|haugen|kroken|lunden|sletta|toppen|ringen|faret|berget|jordet|myra|engen|"
    r"bulevardi|damm|ufer|steig|chaussee|stieg|gracht|straat|"
    r"laan|plein|kade|"
    r"dijk|steeg|singel|dreef|gatan|v\xe9gen|gata|gr\xe9nd|stigen|torget|backen|vej|gade|all\xe9|"
    r"str\xe9de|toften|"
    r"parken|veien|vegen|stien|tunet|svingen|bakken|katu|ntie|kuja|polku|raitti|utca|terrasse)"
)
# Streets of two words whose second says so.
SECOND_WORDS = (
    r"(?:stra(?:ss|\xe9)e|gasse|weg|platz|allee|ring|damm|utca|\xe9tja|\xe9t|t\xe9r|cesta|pot|nabre\xe9je|all\xe9|alle|polku|"
    r"tie|katu|kuja|bulevardi|k\xe9z|rkp\.?|s\xe9t\xe9ny|fasor|krt\.?|tere|sor|liget|k\xe9r\xe9t|"
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
    r"edif|edificio|appartamento|scala|bloc|etaj|sector|flat|studio|interior|piano|level|house|casa|"
    r"h\.no|bajo|izq|dcha|kat|daire)\b\.? {0,2}(?:[A-Za-z]?\d{1,5}[A-Za-z]?\b|[A-Z]\b)|#\s?\d{1,5}[A-Za-z]?|"
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
    r"(?:\d{4} ?[A-Z]{2}\b|\d{5}-?\d{3}\b|\d{3} \d{2}\b|\d{2}-\d{3}\b|\d{2} \d{3}\b|"
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|"
    r"[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d[\dW] ?[A-Z\d]{4}|(?:[A-Z]{1,3}[- ])?\d{4,6}(?:-\d{3,4})?)"
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
    r"\bsent to|\bparty at|\breturn(?: \w+)? to|\b(?:is|are) (?:on|at))"
)
# A line that starts with one of these is no city.
NO_CITY = (
    r"(?i)^\s*(?:tel|phone|telefon|t\xe9l|mobile|mobil|cell|fax|e-?mail|mail|web|www|http|desk|office|dob|"
    r"date|name|iban|"
    r"ssn|best|regards|thanks|sincerely|from|to|cc|subject|sent|order|invoice|tab|enter|contact|dear|hi|"
    r"please|the|i|we)\b"
)
