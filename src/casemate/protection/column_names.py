"""What a column's name says it holds, in English, French and German; a heuristic by words.

A name is read as words: "dateNaissance", "date_naissance" and "Date de naissance" are alike, accents
do not matter. A category is met by any of its phrases, as whole words in a row.
"""

import re
import unicodedata

_PHRASES: dict[str, tuple[str, ...]] = {
    "person_name": (
        "surname", "lastname", "last name", "firstname", "first name", "fullname", "full name",
        "given name", "family name", "maiden name", "middle name", "patient name", "person name",
        "name of patient", "nom de famille", "nom complet", "nom patient", "nom prenom", "prenom",
        "prenoms", "nom de naissance", "vorname", "vornamen", "nachname", "familienname",
        "geburtsname", "numm", "virnumm",
    ),
    "email": ("email", "e mail", "mail", "courriel", "mailadresse", "emailadresse"),
    "phone": (
        "phone", "telephone", "telefon", "tel", "mobile", "mobile number", "gsm", "cellphone",
        "handy", "telefonnummer", "handynummer", "portable", "numero de telephone",
    ),
    "fax": ("fax", "telefax", "telecopie", "faxnummer"),
    "iban": ("iban", "bank account", "compte bancaire", "kontonummer", "rib"),
    "luxembourgish_id": ("matricule", "matrikel", "matricule national", "cns number"),
    "belgian_id": ("niss", "insz", "rijksregisternummer", "registre national"),
    "french_id": ("nir", "numero de securite sociale", "numero secu"),
    "german_tax_id": ("steuer id", "steuerid", "steueridentifikationsnummer", "idnr"),
    "geography": (
        "address", "adresse", "anschrift", "street", "rue", "strasse", "city", "ville", "stadt",
        "town", "county", "commune", "gemeinde", "precinct", "zip", "zipcode", "zip code", "postcode",
        "postal code", "code postal", "plz", "postleitzahl", "geocode", "latitude", "longitude",
    ),
    "date": (
        "date of birth", "birth date", "birthdate", "birthday", "dob", "date naissance",
        "date de naissance", "geburtsdatum", "admission date", "date of admission",
        "date d admission", "aufnahmedatum", "discharge date", "date of discharge", "date de sortie",
        "entlassungsdatum", "date of death", "death date", "date de deces", "sterbedatum",
        "todesdatum", "date d entree",
    ),
    "age": ("age", "alter"),
    "social_security": ("ssn", "social security", "social security number"),
    "medical_record": (
        "mrn", "medical record", "medical record number", "patient id", "patient number",
        "numero patient", "numero de dossier", "patientennummer", "fallnummer", "aktenzeichen",
    ),
    "health_plan": (
        "health plan", "beneficiary", "beneficiary number", "insurance number", "member id",
        "numero d assure", "versichertennummer", "krankenversichertennummer",
    ),
    "account": ("account", "account number", "account id", "numero de compte", "card number"),
    "licence": (
        "licence", "licence number", "license", "license number", "certificate number", "passport",
        "passport number", "numero de permis", "fuhrerscheinnummer", "ausweisnummer",
    ),
    "vehicle": (
        "vin", "vehicle", "vehicle id", "license plate", "licence plate", "number plate",
        "immatriculation", "kennzeichen", "plaque",
    ),
    "device": ("device id", "serial number", "imei", "mac address", "numero de serie", "seriennummer"),
    "url": ("url", "website", "web site", "site web", "homepage", "webseite"),
    "ip_address": ("ip", "ip address", "ipaddress", "adresse ip", "ip adresse"),
    "biometric": ("fingerprint", "voiceprint", "biometric", "retina", "empreinte", "fingerabdruck"),
    "photo": ("photo", "photograph", "picture", "portrait", "lichtbild"),
    "other_unique": ("uuid", "guid", "identifier", "national id", "identifiant", "personnummer"),
}  # fmt: skip

_BARE_NAMES = {"name", "nom", "names", "noms"}


def words_of(name: str) -> str:
    """``name`` as lower-case words parted by blanks, without accents."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return " ".join(re.findall(r"[a-z]+", plain.lower()))


def named_as(name: str, category: str) -> bool:
    """Whether the column's ``name`` says that it holds ``category``; False for one without phrases.

    A bare "name" or "nom" counts as a person's: "commune_name" and "nom du produit" do not.
    """
    words = words_of(name)
    if category == "person_name" and words in _BARE_NAMES:
        return True
    return any(f" {phrase} " in f" {words} " for phrase in _PHRASES.get(category, ()))
