"""What counts as a secret token: the published forms of providers, and values after a word that announces
one.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import values
from mci_core.detectors.matching import Detector, Hit, Pattern, is_word

# Forms by which providers mark their own tokens; each is public documentation of the provider.
_PROVIDERS = (
    r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA)[A-Z0-9]{16}",
    r"gh[pousr]_[A-Za-z0-9]{30,}",
    r"github_pat_[A-Za-z0-9_]{22,}",
    r"gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct|rtr)-[A-Za-z0-9_-]{14,}",
    r"GR1348941[A-Za-z0-9_-]{15,64}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"xapp-\d-[A-Za-z0-9-]{10,}",
    r"https?://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,}",
    r"https?://(?:discord|discordapp)\.com/api/webhooks/\d+/[A-Za-z0-9_-]{30,}",
    r"https?://[a-z0-9.-]+\.webhook\.office\.com/[A-Za-z0-9@/_-]{30,}",
    r"(?:sk|rk|pk|whsec)_(?:live|test|prod)_[A-Za-z0-9]{10,}",
    r"whsec_[A-Za-z0-9+/=]{20,64}",
    r"sk-(?:proj-|ant-|svcacct-|or-|admin-)?[A-Za-z0-9_-]{20,}",
    r"AIza[A-Za-z0-9_-]{35}",
    r"ya29\.[A-Za-z0-9_.-]{20,}",
    r"1//0[A-Za-z0-9_-]{20,}",
    r"GOCSPX-[A-Za-z0-9_-]{20,40}",
    r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}",
    r"key-[0-9a-f]{32}",
    r"[0-9a-f]{32}-us\d{1,2}",
    r"(?:SK|AC|CA|SM|MM|PN|AP|CN|IS|RE|CF|BN|US|IP|AD|PK)[0-9a-f]{32}",
    r"(?:sl|cfk|cfat|cfut)[._][A-Za-z0-9_-]{40,}",
    r"ABSK[A-Za-z0-9+/=]{60,}",
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-[A-Za-z0-9_-]{50,}",
    r"dop_v1_[a-f0-9]{64}",
    r"doo_v1_[a-f0-9]{64}",
    r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    r"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}",
    r"EAAA[A-Za-z0-9_-]{40,90}",
    r"EAA[A-Za-z0-9]{30,}",
    r"\d{13,17}\|[A-Za-z0-9_-]{24,40}",
    r"ntn_[A-Za-z0-9]{40,50}",
    r"secret_[A-Za-z0-9]{43}",
    r"lin_api_[A-Za-z0-9]{30,64}",
    r"figd_[A-Za-z0-9_-]{30,64}",
    r"hf_[A-Za-z0-9]{30,64}",
    r"dapi[a-f0-9]{32}",
    r"hv[sb]\.[A-Za-z0-9_-]{20,}",
    r"ATATT3[A-Za-z0-9_=-]{30,}",
    r"glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}",
    r"eyJrIjoi[A-Za-z0-9+/=_-]{30,}",
    r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
    r"NRAK-[A-Z0-9]{27}",
    r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,64}",
    r"tfp_[A-Za-z0-9]{40,70}",
    r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{58}",
    r"amzn\.mws\.[0-9a-f-]{36}",
    r"[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
    r"S[AOUCNX][A-Z2-7]{56}",
    r"bot\d{8,10}:AA[A-Za-z0-9_-]{32,35}|\d{8,10}:AA[A-Za-z0-9_-]{32,35}",
    r"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}",
)
_KNOWN = Pattern("|".join(_PROVIDERS))
KNOWN_GATE = (
    r"A[3KSBCRIGN][TIPA][A-Z0-9]|gh[pousr]_|github_pat|gl[a-z]{2,5}-|GR1348|xox[a-z]-|xapp-|hooks\.slack|"
    r"webhook|"
    r"[srp]k[_-]|whsec|AIza|ya29|1//0|GOCSPX|SG\.|key-|-us\d|[A-Z]{2}[0-9a-f]{32}|\bsl\.|cf[kau]t?_|"
    r"ABSK|npm_|pypi-|do[op]_v1|shp[a-z]{2}_|"
    r"sq0|EAA|\d{13}\|ntn_|\d\||ntn_|secret_|lin_api|figd_|hf_|dapi|hv[sb]\.|ATATT|glsa_|eyJrI|PMAK|"
    r"NRAK|pscale|tfp_|"
    r"atlasv1|AGE-SEC|amzn|Q~|\bS[AOUCNX][A-Z2-7]{9}|:AA|[MNO][A-Za-z0-9_-]{23,25}\."
)
_WORD = (
    r"(?:secret|token|api[_ .-]?keys?|apikey|access[_ .-]?key(?:[_ -]?id)?|auth[_-]?key|"
    r"private[_-]?key(?:[_-]?id)?|"
    r"client[_-]?secret|credentials?|signing[_-]?key|encryption[_-]?key|account[_-]?key|shared[_-]?key|"
    r"master[_-]?key|"
    r"session[_-]?id|sessionid|session|csrf[a-z]*|xsrf[a-z-]*|jsessionid|phpsessid|\bsid\b|"
    r"oauth[a-z_]*|bearer|"
    r"auth[_-]?code|license[_-]?key|deploy[_-]?key|webhook|signature|consumer[_-]?key|app[_-]?key|"
    r"cookie|nkey|hmac|"
    r"[_-]key\b|\bkey\b|[a-z]Key\b|\bauth\b|_auth\b|otp|\bseed\b|\bjwt\b|salt)"
)
_ASSIGNED = Pattern(
    r"(?i)"
    + _WORD
    + r"[\w.-]{0,30}(?:\\?[\"'`\])]|&\w{4};){0,2}[ \t]{0,4}(?:=>|:=|==|===|[:=]|,|\|)[ \t]{0,4}\[?"
    r"(?:(?:\\?[\"'`]|&#39;|&apos;|&quot;)([^\"'`\n\\\s&]{6,})|([^\s\"'`,;<>(){}\[\]&|][^\s\"'`;<>&,]{5,}))"
)
_LIST = Pattern(r"(?i)(?:tokens|secrets|keys|codes)\\?[\"']?[ \t]{0,4}[:=][ \t]{0,4}\[([^\]\n]{8,})\]")
_ITEM = Pattern(r"[\"']([^\"'\\\s,]{8,})[\"'\\]")
_SPOKEN = Pattern(
    r"(?i)\b(?:token|secret|api key|key|access key|secret key)(?: (?:is|was|ist)[ :]{1,3}|"
    r"[ :]{1,2})[\"'`]?([A-Za-z0-9_.+/=~-]{12,})"
)
_HEADER = Pattern(
    r"(?i)(?:bearer|basic|token|apikey|digest|negotiate|sso-key|"
    r"aws4-hmac-sha256)[ :]{1,2}[\"']?([A-Za-z0-9_.~+/=:-]{8,})"
)
_CODE = Pattern(
    r"(?i)(?:code|otp|tan|passcode|2fa|mfa|verification|"
    r"one[- ]time)\b[^\n\d]{0,30}?[ :=]((?:\d{3}[ -]\d{3}|[A-Z]{0,3}-?\d{4,8}))\b"
)
_CODE_AFTER = Pattern(r"(?i)\b(\d{3}[ -]?\d{3}|\d{4,8}) is your [\w ]{0,40}code")
_CODE_WORDS = Pattern(
    r"(?i)verif|one[- ]?time|otp|2fa|mfa|login|sign[- ]?in|security|authenticat|confirm|auth|passcode|"
    r"\btan\b|your code|the code|access code"
)
_NOT_CODE = Pattern(
    r"(?i)error|status|exit|zip|postal|country|product|promo|http|area|discount|code review|coupon|source"
)


def _known(data: bytes) -> Iterator[Hit]:
    for start, end in _KNOWN.spans(data):
        if not is_word(data, start - 1) and not values.is_placeholder(data[start:end]):
            yield Hit(start, end, "SECRET", 0.95)


def _trim(data: bytes, start: int, end: int, signs: bytes) -> int:
    while end > start and data[end - 1] in signs:
        end -= 1
    return end


def _announced(data: bytes) -> Iterator[Hit]:
    for group, confidence in ((1, 0.8), (2, 0.7)):
        for start, end in _ASSIGNED.spans(data, group):
            stop = _trim(data, start, end, b".,)]}")
            if values.is_secret(data[start:stop]):
                yield Hit(start, stop, "SECRET", confidence)
    for pattern in (_SPOKEN, _HEADER):
        for start, end in pattern.spans(data, 1):
            stop = _trim(data, start, end, b".:")
            if values.is_secret(data[start:stop]) and values.mixed(data[start:stop]) >= 2:
                yield Hit(start, stop, "SECRET", 0.7)


def _listed(data: bytes) -> Iterator[Hit]:
    for start, end in _LIST.spans(data, 1):
        for first, last in _ITEM.spans(data[start:end], 1):
            if values.is_secret(data[start + first : start + last]):
                yield Hit(start + first, start + last, "SECRET", 0.75)


def _codes(data: bytes) -> Iterator[Hit]:
    if not _CODE_WORDS.found_in(data) or _NOT_CODE.found_in(data):
        return
    for pattern in (_CODE, _CODE_AFTER):
        for start, end in pattern.spans(data, 1):
            if not is_word(data, end):
                yield Hit(start, end, "SECRET", 0.7)


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Secret tokens, keys and one-time codes."""
    yield from _known(data)
    yield from _announced(data)
    yield from _listed(data)
    yield from _codes(data)


_ANNOUNCE_GATE = (
    r"(?i)secret|token|key|credential|session|csrf|xsrf|jsessionid|phpsessid|\bsid\b|oauth|bearer|"
    r"basic|auth|webhook|"
    r"signature|cookie|hmac|otp|\bseed\b|salt|apikey|digest|jwt|code|\btan\b|2fa|mfa|verification|"
    r"one[- ]time"
)
DETECTOR = Detector("SECRET", (KNOWN_GATE, _ANNOUNCE_GATE), find)
