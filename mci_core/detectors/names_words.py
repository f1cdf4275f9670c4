"""Words around names, and words that look like names and are none; in lower case, without accents.

Written for this project: forms of address, greetings, verbs of speaking, keys of forms and records, brands
and things that stand with a capital letter.
"""

from __future__ import annotations


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


TITLES = _set(
    "mr mrs ms miss mx dr prof professor sir madam dame rev fr sr sra srta don dona herr frau",
    "fraulein hr mme mlle monsieur madame mademoiselle sig signor signora signorina dott dottoressa",
    "senor senora senorita dhr mevr mevrouw meneer pan pani pane sr. dra ing dipl judge justice",
    "senator congressman congresswoman president minister captain capt sgt sergeant lt lieutenant col",
    "colonel gen general maj major officer detective doctor nurse uncle aunt auntie coach pastor",
    "bishop cardinal imam rabbi cleric ayatollah sheikh shaikh prince princess king queen brother",
    "sister saint mum dad grandma grandpa cousin actor actress singer author writer director rapper",
    "comedian mayor governor secretary chancellor ambassador spokesman spokeswoman lawyer attorney",
    "manager chairman ceo cfo cto lil",
)
# A name that follows is one even when nobody has heard of it.
GREETINGS = _set(
    "hi hello hey hiya dear hallo liebe lieber salut bonjour coucou cher chere hola querido querida",
    "estimado estimada ciao caro cara gentile ola prezado prezada hoi beste geachte czesc witaj",
    "szanowny szanowna hej namaste ahoj merhaba sayin moin servus gruezi welcome thanks thank thx",
    "cheers merci danke gracias grazie goodbye bye congrats congratulations sorry kara basta yo",
)
SIGN_OFFS = _set(
    "regards best sincerely yours cheers thanks love greetings grusse gruesse cordialement saludos",
    "cordialmente saluti groeten groet pozdrawiam atenciosamente abracos bien amicalement atentamente",
    "thx br kr mfg lg vg truly faithfully respectfully hugs xoxo ciao wishes cordially",
)
# Keys of forms and records whose value is a person.
KEYS = _set(
    "name owner author patient caller customer client contact from to cc bcc attn attention employee",
    "manager reporter assignee recipient sender beneficiary approver reviewer signatory applicant",
    "payee payer holder cardholder insured policyholder tenant buyer seller doctor physician teacher",
    "student supervisor surname lastname firstname fullname forename vorname nachname nom prenom",
    "nombre apellido apellidos cognome nome naam voornaam achternaam imie nazwisko sobrenome kunde",
    "klient cliente patientin kontakt signed requester requestor participant attendee organizer",
    "organiser host guest candidate interviewer lead agent coach driver passenger traveler traveller",
    "member representative broker lawyer nurse spouse guardian von an de do para pour absender",
    "empfanger mitarbeiter ansprechpartner responsable destinatario customername clientname",
    "displayname username_full person assigned created updated modified approved committer signer",
    "witness addressee principal lessee lessor resident artist speaker presenter",
)
# ... and keys that end in "name" whose value is not.
NOT_NAMES = _set(
    "filename hostname username domainname classname tablename servername pathname nickname codename",
    "typename file_name host_name user_name domain_name class_name table_name server_name path_name",
    "nick_name code_name type_name bucket_name app_name appname brandname brand_name product_name",
    "company_name project_name dbname db_name rolename groupname tagname tag_name key_name keyname",
    "display_name_id branch_name basename dirname fieldname field_name colname column_name colum_name",
    "cluster_name service_name repo_name pkgname",
)
# The word right before, with how much it speaks for (or against) a name.
BEFORE: dict[str, float] = {
    **dict.fromkeys(TITLES, 2.0),
    **dict.fromkeys(GREETINGS, 1.7),
    **dict.fromkeys(
        _set(
            "patient beneficiary caller cc attn attention policyholder cardholder resident applicant",
            "recipient named called signed sender payee tenant insured assignee",
        ),
        2.4,
    ),
    **dict.fromkeys(
        _set(
            "customer client employee user colleague friend wife husband son daughter boss contact member",
            "teacher student supervisor representative adjuster analyst engineer owner agent driver guest",
            "neighbour neighbor boyfriend girlfriend candidate participant mother father mom dad",
        ),
        1.2,
    ),
    **dict.fromkeys(
        _set(
            "told asked met tell ask call email emailed contacted ping message texted phoned",
        ),
        1.3,
    ),
    **dict.fromkeys(
        _set(
            "by with and & or that cuz because if said says did does when how like love hate miss",
        ),
        0.4,
    ),
    **dict.fromkeys(
        _set(
            "the a an this these those every each any some no my our your their its",
        ),
        -0.9,
    ),
    **dict.fromkeys(
        _set(
            "in near around across throughout into visit visited",
        ),
        -0.8,
    ),
    "at": -0.3,
    "of": -0.3,
    # Articles of languages in which every noun has a capital letter, or that stand before places.
    **dict.fromkeys(
        _set(
            "der die das den dem des ein eine einen einem einer eines mein meine meinen dein",
            "deine sein seine seinen",
            "ihr ihre ihren unser unsere kein keine im am zum zur vom beim ins ans alter",
            "altes alte alten viel aus",
            "le les un une du ce cette mon ma mes el los las una unos unas il lo gli uno nel nella het een",
        ),
        -1.3,
    ),
    **dict.fromkeys(
        _set(
            "version python import class def function module package new using install",
        ),
        -1.5,
    ),
}
# The two words right before.
BEFORE_TWO: dict[str, float] = {
    **dict.fromkeys(
        (
            "name is",
            "name s",
            "name was",
            "called me",
            "assigned to",
            "signed by",
            "approved by",
            "reviewed by",
            "submitted by",
            "written by",
            "created by",
            "reported by",
            "requested by",
            "prepared by",
            "belonging to",
            "belongs to",
            "issued to",
            "registered to",
            "linked to",
            "addressed to",
            "access for",
            "account of",
            "behalf of",
            "attention of",
            "hey its",
            "hi its",
            "it's me",
            "this is",
            "i am",
            "i'm called",
            "je m'appelle",
            "ich bin",
            "ich heisse",
            "me llamo",
            "mi chiamo",
            "je suis",
            "soy yo",
            "chamo me",
            "ik ben",
            "care of",
            "ship to",
            "deliver to",
            "sold to",
            "bill to",
            "speak to",
            "speak with",
            "talk to",
            "spoke to",
            "spoke with",
            "talked to",
            "talked with",
            "meeting with",
            "call with",
            "chat with",
            "lunch with",
            "interview with",
            "reply to",
            "forward to",
            "please add",
            "change to",
            "married to",
            "sincerely yours",
            "known as",
            "was called",
            "to name",
            "used by",
            "held by",
            "owned by",
            "son of",
            "daughter of",
            "wife of",
            "novel by",
            "song by",
            "sung by",
            "directed by",
        ),
        1.6,
    ),
    **dict.fromkeys(
        ("name is", "name s", "hey its", "hi its", "assigned to", "me llamo", "mi chiamo", "ich heisse"), 2.4
    ),
}
# The word right after.
AFTER: dict[str, float] = {
    **dict.fromkeys(
        _set(
            "said says say wrote writes told tells asked asks replied thinks thought wants wanted knows knew",
            "called calls emailed approved signed sent submitted joined left added explained noted stated",
            "announced confirmed agreed claimed argues argued believes testified died",
            "resigned married shared",
            "mentioned commented posted tweeted reported requested accepted declined created",
            "assigned invited",
            "sang laughed smiled deserves looks sounds seems loves hates gets goes went came comes does did",
        ),
        1.2,
    ),
    **dict.fromkeys(
        _set(
            "is was has had will would can could should and & did does were are",
        ),
        0.45,
    ),
    **dict.fromkeys(
        _set(
            "novel song album movie film book painting poem speech biography version",
        ),
        0.9,
    ),
    **dict.fromkeys(
        _set(
            "jr sr ii iii iv phd md esq dds rn",
        ),
        1.5,
    ),
    **dict.fromkeys(
        _set(
            "inc llc ltd gmbh ag corp corporation company co plc bv srl spa sarl foundation institute",
            "university college school hospital clinic church museum hotel restaurant bank airport station",
            "stadium street avenue road lane drive river lake mountain island county city valley beach park",
            "bay square bridge technologies systems software solutions group partners holdings industries",
            "international ventures studio press magazine times post news award prize cup league bowl",
            "festival day edition project release server module package library framework algorithm theorem",
            "law act treaty agreement st blvd ave rd ln hwy pkwy period travel team series show channel app",
            "api sdk store shop market mall weather administration campaign house",
        ),
        -1.6,
    ),
}
# Particles inside a name.
PARTICLES = _set(
    "van von der den de del della di da do dos das la le les el al bin ibn ben bint abu ter ten zu",
    "zum af av y e i st st. ap mac mc des du lo dei degli abd ul ud-din",
)
SUFFIXES = _set(
    "jr sr ii iii iv jr. sr. phd md esq",
)
# Things with a capital letter that are no people: months, days, brands, products, places, terms of software.
NEVER = _set(
    "pane lorem ipsum dolor amet intl tab button menu dialog window link list item table row cell checkbox",
    "january february march april may june july august september october november december jan feb",
    "mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday",
    "sunday mon tue wed thu fri sat sun januar februar marz mai juni juli oktober dezember montag",
    "dienstag mittwoch donnerstag freitag samstag sonntag janvier fevrier mars avril juin juillet",
    "aout septembre octobre novembre decembre lundi mardi mercredi jeudi vendredi samedi dimanche",
    "enero febrero marzo abril mayo junio julio agosto lunes google facebook twitter youtube",
    "instagram linkedin microsoft windows apple amazon netflix oracle adobe photoshop acrobat outlook",
    "excel word powerpoint teams slack zoom chrome firefox safari edge salesforce jira confluence",
    "github gitlab bitbucket jenkins docker kubernetes linux ubuntu debian redhat android iphone ipad",
    "mac macos ios python java javascript typescript ruby rails django perl php scala kotlin swift",
    "rust golang node react angular vue postgres postgresql mysql mongodb redis kafka hadoop spark",
    "elastic kibana grafana twilio stripe paypal visa mastercard amex uber tesla toyota honda ford",
    "bmw audi nissan samsung sony nintendo xbox playstation nike adidas pepsi coca cola disney marvel",
    "starbucks mcdonalds walmart costco target ikea america american americans england english france",
    "french germany german germans spain spanish italy italian china chinese japan japanese india",
    "indian russia russian europe european africa african asia asian canada canadian mexico mexican",
    "brazil iraq iraqi iran iranian israel israeli syria syrian korea korean australia islam islamic",
    "muslim muslims christian christians jewish jews jew catholic hindu sunni shia shiite arab arabs",
    "god jesus christ allah christmas easter halloween thanksgiving ramadan internet web http https",
    "www html json xml sql api url uri id ids ok okay lol omg wtf tv pc usa uk eu un us nyc la dc ny",
    "ca tx fbi cia nsa nasa ceo yes no not and or but if then else true false null none undefined",
    "error warning info debug the a an i bearer basic token password secret admin root user users",
    "test demo default public private key keys enter tab backspace shift ctrl alt esc escape delete",
    "return insert home end page pageup pagedown space avenue street road lane drive boulevard court",
    "apt suite floor building po box unit room north south east west iban bic ssn dob vat tax invoice",
    "order ticket customer account number phone email mail address bluetooth wifi ethernet lan wan",
    "vpn ssh tcp udp dns dhcp smtp imap ldap oauth saml jwt rsa aes sha md5 sir madam team all",
    "everyone everybody folks guys there friend friends support sales marketing hr legal congress",
    "senate parliament democrat democrats republican republicans army navy pentagon nato opec enron",
    "hollywood broadway wikipedia reddit snapchat tiktok whatsapp telegram discord spotify pinterest",
    "tumblr new old big great good best first last next more most some any every each other another",
    "i'm i'll i've i'd don't can't won't didn't isn't doesn't you're we're they're couldn't wouldn't",
    "let's aren't wasn't you'll we'll we've you've they've haven't hasn't bot system assistant agent",
    "server client service mr mrs ms dr prof dear hi hello hey regards thanks thank cheers sincerely",
    "re fw fwd aw wg c'mon gmail notepad acme untitled lmao haha hahaha nigga bollywood",
    "neoconservatives ascii pokemon minecraft fortnite batman superman apache nginx tomcat maven",
    "gradle eclipse intellij visual studio",
)
# Words that follow an order or a question rather than a name.
OBJECTS = _set(
    "the a an this that these those all my your our his her their its it them me us you i we they he",
    "she up down out off as for into over every each some any no not one two more please again",
)
# Names that are words as well: alone they need something around them that says a person is meant.
AMBIGUOUS = _set(
    "will may mark grant sandy jack bill grace rose hope faith joy chase drew rob pat sue art dale",
    "glen dean earl frank gene guy jay lance miles nick norm pierce ray reed rich rusty skip stew",
    "wade ward angel amber april august autumn berry brook candy carol cherry christian clay coral",
    "crystal daisy dawn destiny dolly eve fern flora ginger gloria harmony hazel heather heath holly",
    "honey iris ivory ivy jade jasmine jean jewel june lily mercy mona olive opal pansy patience",
    "pearl penny piper poppy prudence rainbow robin rosemary ruby sage scarlet sierra sky star stella",
    "stormy summer sunny sunshine tiffany trinity velvet victoria violet virginia willow winter wren",
    "austin dallas denver houston jackson madison georgia carolina florence paris sydney chelsea",
    "brooklyn jordan israel kent london phoenix savannah morgan ford mercedes lincoln bentley wells",
    "price page field forest stone wood woods rivers lake hill marsh banks bush brown black white",
    "green gray grey young long short sharp small strong swift bishop king knight pope abbott prince",
    "duke baron cook baker butler carpenter carter mason miller parker porter potter shepherd taylor",
    "turner walker weaver hunter fisher archer fowler gardner cooper barber chandler day weeks",
    "winters summers snow frost rain storm major marshal marshall judge noble loyal royal rocky sonny",
    "buddy junior max maxim val vita nova lane chance case cash colt cliff buck bud tab tex van wolf",
    "wolfe fox crane finch hawk drake swan lamb bear bass pike roach salmon temple church chapel monk",
    "sterling silver gold golden diamond ash alder basil saffron cedar laurel linden myrtle hardy",
    "moody grim",
)
# Family names of people who do not exist, in forms and tests.
STAND_INS = _set("example sample muster mustermann musterfrau doe beispiel ejemplo exemple tester testperson")
# Keys whose value is a place or a thing.
THINGS = _set(
    "city country state place location destination origin airport region province",
    "street title subject product",
    "company brand model type status category version file path url host language currency team project",
)
# Well-known cities that lists of names know as well.
CITIES = _set(
    "orlando austin dallas houston denver charlotte aurora irving garland eugene",
    "salem clinton marion bristol windsor",
    "hamilton wellington adelaide darwin nelson regina valencia santiago lima roma",
    "milan verona siena stockton boston",
    "madison lincoln jackson savannah phoenix raleigh arlington fremont laredo paris",
    "london sydney victoria florence",
    "vienna geneva berlin hamburg bern lyon nancy nice toledo leon cordoba lagos",
    "accra kingston newport trenton",
)
