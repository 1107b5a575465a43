"""Numbers that prove themselves: national identification numbers and IBANs, by their check digits.

Each function takes a number in its written form, blanks and punctuation included, and says whether
it could have been issued: right length, a birth date that exists where one is written in, right
check digits. Nothing says that it was issued.
"""

import re
from collections import Counter
from datetime import date

_SEPARATORS = re.compile(r"[\s.\-/\u00a0\u202f]")

_DIHEDRAL = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTATIONS = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BR": 29, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20,
    "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27,
    "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30,
    "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Length of an IBAN by country, from SWIFT's registry."""


def compact(number: str) -> str:
    """``number`` without blanks, dots, dashes and slashes, in capitals."""
    return _SEPARATORS.sub("", number).upper()


def is_luxembourgish_id(number: str) -> bool:
    """Luxembourg's 13 digits (matricule): YYYYMMDD, 3 of order, Luhn and Verhoeff each over those 11.

    Règlement grand-ducal of 28 November 2013 on the identification of natural persons.
    """
    digits = compact(number)
    if not _digits(digits, 13) or not _is_date(digits[:4], digits[4:6], digits[6:8]):
        return False
    return luhn_holds(digits[:12]) and verhoeff_holds(digits[:11] + digits[12])


def is_belgian_id(number: str) -> bool:
    """Belgium's 11 digits (national register, and BIS): YYMMDD, 3 of order, 97 - rest by 97.

    For who was born from 2000 on a 2 is put before the nine digits. BIS numbers add 20 or 40 to the
    month; month and day may be 00 where they are not known.
    """
    digits = compact(number)
    if not _digits(digits, 11):
        return False
    check = int(digits[9:])
    month = int(digits[2:4]) % 20 if int(digits[2:4]) < 60 else 99
    for century, prefix in (("19", ""), ("20", "2")):
        if check == 97 - int(prefix + digits[:9]) % 97 and _is_partial_date(
            century + digits[:2], month, int(digits[4:6])
        ):
            return True
    return False


def is_french_id(number: str) -> bool:
    """France's 15 characters (NIR): sex, YYMM, department (2A, 2B: Corsica), commune, order, key.

    The key is 97 - rest by 97 of the first 13, where 2A reads 19 and 2B reads 18. Months 20 and
    above stand for a birth that was recorded without one.
    """
    text = compact(number)
    if not re.fullmatch(
        r"[123478][0-9]{2}(0[1-9]|1[0-2]|[2-9][0-9])(2[AB]|[0-9]{2})[0-9]{8}", text
    ):
        return False
    digits = text.replace("2A", "19").replace("2B", "18")
    return int(digits[13:]) == 97 - int(digits[:13]) % 97


def is_german_tax_id(number: str) -> bool:
    """Germany's 11 digits (Identifikationsnummer, § 139b AO): ISO 7064 mod 11, 10.

    The first is not 0; of the first ten exactly one digit stands twice or three times, never three
    in a row, and no other is repeated.
    """
    digits = compact(number)
    if not _digits(digits, 11) or digits[0] == "0":
        return False
    repeated = [count for count in Counter(digits[:10]).values() if count > 1]
    if len(repeated) != 1 or repeated[0] > 3 or re.search(r"(.)\1\1", digits[:10]):
        return False
    check = 10
    for digit in digits[:10]:
        check = ((int(digit) + check) % 10 or 10) * 2 % 11
    return (check + int(digits[10])) % 10 == 1


def is_iban(number: str) -> bool:
    """An IBAN (ISO 13616): a country that has them, its length, and 1 modulo 97 (ISO 7064)."""
    text = compact(number)
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", text, re.ASCII):
        return False
    if len(text) != IBAN_LENGTHS.get(text[:2], 0) or not 2 <= int(text[2:4]) <= 98:
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def is_vehicle_number(number: str) -> bool:
    """A vehicle identification number with North America's check digit (49 CFR 565), 17 signs."""
    text = compact(number)
    if not re.fullmatch(r"[0-9A-HJ-NPR-Z]{17}", text, re.ASCII) or text.isdigit():
        return False
    values = dict(
        zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", "012345678912345678123457923456789", strict=True)
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    rest = sum(int(values[sign]) * weight for sign, weight in zip(text, weights, strict=True)) % 11
    return text[8] == ("X" if rest == 10 else str(rest))


def is_american_ssn(number: str) -> bool:
    """A social security number of the United States that may be issued; it has no check digit."""
    return bool(
        re.fullmatch(r"(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}", number.strip(), re.ASCII)
    )


def luhn_holds(digits: str) -> bool:
    """Whether ``digits``, the last one the check digit, pass Luhn's test (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def verhoeff_holds(digits: str) -> bool:
    """Whether ``digits``, the last one the check digit, pass Verhoeff's test (1969)."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_DIHEDRAL[check][int(_PERMUTATIONS[place % 8][int(digit)])])
    return check == 0


def _digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        return 1800 <= date(int(year), int(month), int(day)).year <= 2100
    except ValueError:
        return False


def _is_partial_date(year: str, month: int, day: int) -> bool:
    if month == 0 or day == 0:
        return month <= 12 and day <= 31
    return _is_date(year, str(month), str(day))
