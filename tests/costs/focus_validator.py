"""Validate a cost-and-usage CSV file of FOCUS 1.2.

Source: FOCUS, the FinOps Open Cost and Usage Specification, tag v1.2, its column and attribute
texts, and no program that writes such files. Some of its recommendations are errors here: Unit
Format, custom columns in Pascal case and after the FOCUS columns. In CSV, null is an empty field
without quotes; a quoted empty one is an error. Price * quantity must give the cost, but not in a
correction (its exception) or with another PricingCategory than Standard (ours).

Not checked: whether a conditional column should be there; what only a price list or an invoice
shows, such as the sum of BilledCost; a zero in place of null; costs paid to a third party;
stability from file to file; the metadata. A file without errors has right columns and formats,
but is not for that conformant billing data.

Usage: python3 focus_validator.py FILE. Prints one line for each error (data rows count from 1),
then "N rows, M errors". Exit code: 0 no errors, 1 errors, 2 the file cannot be read.
"""

import json
import re
import sys
from datetime import datetime
from decimal import Context, Decimal


def table(text):
    """Read "key: value, value; key: value"."""
    entries = " ".join(text.split()).split("; ")
    return {key: values.split(", ") for key, values in (entry.split(": ") for entry in entries)}


# "*": the column is mandatory. "!": it must not be null.
COLUMNS = {
    "string": """AvailabilityZone BillingAccountId*! BillingAccountName* BillingAccountType!
        CapacityReservationId CapacityReservationStatus ChargeCategory*! ChargeClass*
        ChargeDescription* ChargeFrequency! CommitmentDiscountCategory CommitmentDiscountId
        CommitmentDiscountName CommitmentDiscountStatus CommitmentDiscountType InvoiceId
        InvoiceIssuerName*! PricingCategory ProviderName*! PublisherName*! RegionId RegionName
        ResourceId ResourceName ResourceType ServiceCategory*! ServiceName*! ServiceSubcategory!
        SkuId SkuMeter SkuPriceId SubAccountId SubAccountName SubAccountType""",
    "decimal": """BilledCost*! CommitmentDiscountQuantity ConsumedQuantity ContractedCost*!
        ContractedUnitPrice EffectiveCost*! ListCost*! ListUnitPrice
        PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost!
        PricingCurrencyListUnitPrice PricingQuantity*""",
    "time": "BillingPeriodEnd*! BillingPeriodStart*! ChargePeriodEnd*! ChargePeriodStart*!",
    "unit": "CommitmentDiscountUnit ConsumedUnit PricingUnit*",
    "currency": "BillingCurrency*! PricingCurrency!",
    "key-value": "SkuPriceDetails Tags",
}
MARKED = {name: kind for kind, names in COLUMNS.items() for name in names.split()}
TYPES = {name.rstrip("*!"): kind for name, kind in MARKED.items()}
MANDATORY = sorted(name.rstrip("*!") for name in MARKED if "*" in name)
NOT_NULL = [name.rstrip("*!") for name in MARKED if "!" in name]
UNIT_PRICES = [name for name in TYPES if name.endswith("UnitPrice")]

# Each category with its subcategories; "Other (<category>)" comes with every one.
SERVICES = table("""
    AI and Machine Learning: AI Platforms, Bots, Generative AI, Machine Learning,
        Natural Language Processing;
    Analytics: Analytics Platforms, Business Intelligence, Data Processing, Search,
        Streaming Analytics;
    Business Applications: Productivity and Collaboration; Mobile: Other (Mobile);
    Compute: Containers, End User Computing, Quantum Compute, Serverless Compute, Virtual Machines;
    Databases: Caching, Data Warehouses, Ledger Databases, NoSQL Databases, Relational Databases,
        Time Series Databases;
    Developer Tools: Developer Platforms, Continuous Integration and Deployment,
        Development Environments, Source Code Management, Quality Assurance;
    Identity: Identity and Access Management; Internet of Things: IoT Analytics, IoT Platforms;
    Integration: API Management, Messaging, Workflow Orchestration; Other: Other (Other);
    Management and Governance: Architecture, Compliance, Cost Management, Data Governance,
        Disaster Recovery, Endpoint Management, Observability, Support;
    Media: Content Creation, Gaming, Media Streaming, Mixed Reality; Web: Application Platforms;
    Migration: Data Migration, Resource Migration; Multicloud: Multicloud Integration;
    Networking: Application Networking, Content Delivery, Network Connectivity,
        Network Infrastructure, Network Routing, Network Security;
    Security: Secret Management, Security Posture Management, Threat Detection and Response;
    Storage: Backup Storage, Block Storage, File Storage, Object Storage, Storage Platforms""")
PARENTS = {name: key for key, names in SERVICES.items() for name in [*names, f"Other ({key})"]}
ALLOWED = {"ServiceCategory": SERVICES, "ServiceSubcategory": PARENTS} | table("""
    CapacityReservationStatus: Used, Unused; ChargeClass: Correction;
    ChargeCategory: Usage, Purchase, Tax, Credit, Adjustment;
    ChargeFrequency: One-Time, Recurring, Usage-Based; CommitmentDiscountCategory: Spend, Usage;
    CommitmentDiscountStatus: Used, Unused; PricingCategory: Standard, Dynamic, Committed, Other""")

# Columns, how they must be, the rows where they must be so, these rows in words.
NULL, SET = "must be null", "must not be null"
PRICED = " ".join(UNIT_PRICES) + " PricingCategory PricingQuantity SkuId SkuPriceId"
STATES = (
    (PRICED, NULL, lambda row: row.category == "Tax", "for Tax"),
    (PRICED, SET, lambda row: row.regular, "for Usage and Purchase"),
    ("ConsumedQuantity", NULL, lambda row: not row.used, "where nothing is used"),
    ("ConsumedQuantity", SET, lambda row: row.used and row.regular, "for Usage"),
    ("CommitmentDiscountQuantity", NULL, lambda row: not row.charged, "for such a charge"),
    ("CommitmentDiscountQuantity", SET, lambda row: row.regular and row.discount, "if committed"),
    ("CommitmentDiscountStatus", SET, lambda row: row.usage and row.discount, "if committed"),
    ("CapacityReservationStatus", SET,
     lambda row: row.usage and row.get("CapacityReservationId"), "for Usage of a reservation"),
)

# Columns that are null where the first one is null; with "=" they are set where it is set.
FOLLOWERS = table("""
    CapacityReservationId: CapacityReservationStatus; CommitmentDiscountId:
    CommitmentDiscountCategory=, CommitmentDiscountName, CommitmentDiscountQuantity,
    CommitmentDiscountStatus, CommitmentDiscountType=; CommitmentDiscountQuantity:
    CommitmentDiscountUnit=; ConsumedQuantity: ConsumedUnit=; PricingQuantity: PricingUnit=;
    RegionId: RegionName=; ResourceId: ResourceName, ResourceType=; SkuId: SkuMeter;
    SkuPriceId: SkuPriceDetails; SubAccountId: SubAccountName=, SubAccountType=""")

# Rows with the same values in the first columns have the same value in the last one.
SAME = (("BillingAccountId", "BillingCurrency"), ("CommitmentDiscountId", "CommitmentDiscountUnit"),
        ("ProviderName", "ServiceName", "ServiceCategory"), ("ProviderName", "SkuPriceId", "SkuId"))

# The properties of SkuPriceDetails that FOCUS defines; others start with x_.
SKU_TYPES = dict.fromkeys("""CoreCount DiskMaxIops DiskSpace GpuCount MemorySize NetworkMaxIops
    NetworkMaxThroughput""".split(), (int, float)) | dict.fromkeys("""DiskType InstanceSeries
    InstanceType OperatingSystem Redundancy StorageClass""".split(), (str,))

# The common ones of ISO 4217.
CURRENCIES = """AED AMD ARS AUD AZN BAM BDT BGN BHD BOB BRL BYN CAD CHF CLP CNY COP CRC CZK DKK DOP
    DZD EGP EUR GBP GEL GHS GTQ HKD HNL HUF IDR ILS INR IQD ISK JMD JOD JPY KES KRW KWD KZT LBP LKR
    MAD MDL MXN MYR NGN NOK NPR NZD OMR PAB PEN PHP PKR PLN PYG QAR RON RSD RUB SAR SEK SGD THB TND
    TRY TTD TWD TZS UAH UGX USD UYU UZS VND XAF XOF ZAR ZMW""".split()

SIZES = {size + unit for size in ["", *"K M G T P E Ki Mi Gi Ti Pi Ei".split()] for unit in "bB"}
SPANS = set("Year Month Day Hour Minute Second".split())
SINGULARS = SPANS | set("Count Unit Request Token Connection Certificate Domain Core".split())
PLURALS = {name + "s" for name in SINGULARS}
LISTED = {name.lower() for name in SIZES | SINGULARS | PLURALS}
# Other names of sizes and times, which a counted thing must not have.
NO_UNIT = re.compile(
    r"(?i)(kilo|mega|giga|tera|peta|exa|zetta|yotta|kibi|mebi|gibi|tebi|pebi|exbi)?(bit|byte)s?|"
    r"[kmgtpezy]?i?bs|[zy]i?b|((milli|micro|nano)second|week|fortnight|quarter|hr|min|sec|yr)s?")
TOLERANCE = Decimal("0.000001")  # absolute up to 1, relative above
EXACT = Context(prec=200)
FIELD = re.compile(r'("([^"]*(?:""[^"]*)*)"|[^",\r\n]*)(,|\r?\n|\Z)')
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(E-?[0-9]{1,4})?")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
CUSTOM = re.compile(r"x_[A-Z][A-Za-z0-9]{0,47}")
NOUN = re.compile(r"[A-Z][A-Za-z0-9]*( [A-Z][A-Za-z0-9]*)*")
QUANTITY = re.compile(r"([1-9][0-9]* )?")
BLANK = re.compile(r"(?i)\s*(n/a|not (applicable|available)|undefined|null|none|nil|nan|-|)\s*")
PLANNED = re.compile(r"(?i)\b(forecast|budget)")


class Row(dict):
    """A data row: its values by column, None for null."""
    def __init__(self, header, fields, seen):
        super().__init__(zip(header, fields))
        self.seen = seen  # what the rows before had, for check_same
        self.category = self.get("ChargeCategory")
        self.corrects = self.get("ChargeClass") == "Correction"
        self.usage = self.category == "Usage"
        self.used = self.usage and self.get("CommitmentDiscountStatus") != "Unused"
        self.discount = self.get("CommitmentDiscountId")
        self.charged = self.category in ("Usage", "Purchase")
        self.regular = self.charged and not self.corrects


def time(value):
    try:
        return datetime.strptime(TIME.fullmatch(value or "").group(), "%Y-%m-%dT%H:%M:%SZ")
    except (AttributeError, ValueError):
        return None


def number(value):
    return Decimal(value) if NUMBER.fullmatch(value or "") else None


def shown(value):
    return json.dumps(value if len(value) <= 60 else value[:57] + "...")


def records(text):
    """Yield the records; a field is a string, or None where it is empty without quotes."""
    position, fields = 0, []
    while position < len(text) or fields:
        match = FIELD.match(text, position)
        if not match:
            line = text.count("\n", 0, position) + 1
            raise ValueError(f"a quote or carriage return in the wrong place in line {line}")
        plain, quoted, mark = match.groups()
        fields.append((plain or None) if quoted is None else quoted.replace('""', '"'))
        position = match.end()
        if mark != ",":
            yield fields
            fields = []


def name_fault(name, plural):
    """Say what is wrong with the name of a single unit, None if nothing is."""
    if name in SIZES or name in (PLURALS if plural else SINGULARS):
        return None
    listed, words = name.lower() in LISTED, {word.removesuffix("s") for word in name.split()}
    noun = NOUN.fullmatch(name) and not NO_UNIT.fullmatch(name) and not words & (SIZES | SPANS)
    if not listed and not noun:
        return f"{shown(name)} is neither in the list of units nor a capitalised noun"
    if listed or (name.endswith("s") != plural and not name.endswith(("ss", "S"))):
        return f"{shown(name)} must be {'plural' if plural else 'singular'}, with right capitals"
    return None


def unit_fault(unit):
    """Check units like "GB", "GB-Hours", "GB/Hour", "1000 Requests" and "Units/3 Months"."""
    body = unit[QUANTITY.match(unit).end():]
    name, mark, span = re.fullmatch(r"([^-/]*)([-/]?)(.*)", body, re.DOTALL).groups()
    interval = QUANTITY.match(span).end() if mark == "/" else 0
    plural = mark == "-" or interval > 0
    right = span[interval:].removesuffix("s") in SPANS and span.endswith("s") == plural
    return name_fault(name, mark != "-") or (
        None if right or not mark else f"{shown(span)} is no time to stand after {shown(mark)}")


def key_value_fault(text, column):
    try:  # an object becomes a tuple, which shows keys that stand twice; NaN becomes a list
        pairs = json.loads(text, object_pairs_hook=tuple, parse_constant=list)
    except (ValueError, RecursionError):
        pairs = None
    flat = isinstance(pairs, tuple) and not any(isinstance(v, (tuple, list)) for _, v in pairs)
    if not flat or len(dict(pairs)) < len(pairs):
        return f"{shown(text)} is no flat JSON object with each key once"
    for key, value in pairs if column == "SkuPriceDetails" else ():
        if not key.startswith("x_") and type(value) not in SKU_TYPES.get(key, ()):
            return f"{shown(key)} has the wrong type, or needs the prefix x_"
    return None


def value_fault(column, value):
    """Say what is wrong with a value by itself, None if nothing is."""
    kind = TYPES.get(column)
    if value is None:
        return SET if column in NOT_NULL else None
    if BLANK.fullmatch(value):
        return f"{shown(value)} instead of null, an empty field without quotes"
    if value not in ALLOWED.get(column, (value,)):
        return f"{shown(value)} is not an allowed value"
    if kind == "decimal" and number(value) is None:
        return f"{shown(value)} is no plain decimal number"
    if kind == "decimal" and value[0] == "-" and (column in UNIT_PRICES or not Decimal(value)):
        return f"{shown(value)} must not have a sign"
    if kind == "time" and not time(value):
        return f"{shown(value)} is no time YYYY-MM-DDTHH:mm:ssZ"
    virtual = column == "PricingCurrency" and len(value) != 3
    if kind == "currency" and not virtual and value not in CURRENCIES:
        return f"{shown(value)} is no ISO 4217 code"
    if kind == "key-value":
        return key_value_fault(value, column)
    return unit_fault(value) if kind == "unit" else None


def check_values(row):
    """Yield pairs of a column and what is wrong there, as all the checks do."""
    for column, value in row.items():
        fault = value_fault(column, value)
        if fault:
            yield column, fault


def check_nulls(row):
    for columns, state, concerns, words in STATES:
        for column in columns.split():
            if column in row and (row[column] is None) != (state == NULL) and concerns(row):
                yield column, f"{state} {words}"
    for leader, names in FOLLOWERS.items():
        for name in names:
            column = name.rstrip("=")
            if row.get(column) is not None and row.get(leader) is None:
                yield column, f"{NULL} where {leader} is null"
            if name != column and row.get(column, "") is None and row.get(leader) is not None:
                yield column, f"{SET} where {leader} is not null"


def check_times(row):
    orders = [("ChargePeriodStart", "ChargePeriodEnd"), ("BillingPeriodStart", "BillingPeriodEnd")]
    if row.usage and not row.corrects:
        orders += [("BillingPeriodStart", "ChargePeriodStart"),
                   ("ChargePeriodEnd", "BillingPeriodEnd")]
    for index, (early, late) in enumerate(orders):
        start, end = time(row.get(early)), time(row.get(late))
        if start and end and (start > end or (index < 2 and start == end)):
            yield late, f"is too early for the {early} {row[early]}"


def check_categories(row):
    child, parent = row.get("ServiceSubcategory"), row.get("ServiceCategory")
    if parent in SERVICES and PARENTS.get(child, parent) != parent:
        yield "ServiceSubcategory", f"{shown(child)} does not belong to {shown(parent)}"
    if row.category == "Purchase" and row.get("ChargeFrequency") == "Usage-Based":
        yield "ChargeFrequency", "must not be Usage-Based for Purchase"
    if row.discount and row.charged:
        if row.category == "Purchase" and number(row.get("EffectiveCost")):
            yield "EffectiveCost", "must be 0 where a commitment discount is bought"
        pricing = row.get("PricingCategory")
        if pricing and (pricing == "Committed") != row.usage:
            yield "PricingCategory", "must be Committed for the Usage, but not for the Purchase"


def check_costs(row):
    quantity, billed = number(row.get("PricingQuantity")), number(row.get("BilledCost"))
    fixed = not row.corrects and row.get("PricingCategory") in (None, "Standard")
    for kind in ("List", "Contracted", "Effective"):
        price, cost = number(row.get(f"{kind}UnitPrice")), number(row.get(f"{kind}Cost"))
        if fixed and price is not None and quantity is not None:
            right, words = EXACT.multiply(price, quantity), f"{price} * {quantity}"
        else:
            right, words = billed if price is None and row.category == "Credit" else None, billed
        if None not in (cost, right):
            if abs(EXACT.subtract(cost, right)) > TOLERANCE * max(Decimal(1), abs(right)):
                yield f"{kind}Cost", f"{cost} must be {words}"


def check_basis(row):
    for column in ("ChargeDescription", "x_CostBasis"):
        if PLANNED.search(row.get(column) or ""):
            yield column, f"{shown(row[column])}: a forecast or budget is no charge"
    if row.get("x_CostBasis") == "estimated" and row.get("InvoiceId"):
        yield "InvoiceId", "must be null where the cost is estimated"


def check_same(row):
    for rule in SAME:
        *keys, value = map(row.get, rule)
        if None not in (value, *keys) and row.seen.setdefault((rule, *keys), value) != value:
            yield rule[-1], f"{shown(value)}, but a row before has another for this {rule[-2]}"


CHECKS = (check_values, check_nulls, check_times, check_categories, check_costs, check_basis,
          check_same)


def check_header(names):
    for index, name in enumerate(names):
        if name in names[:index]:
            yield name, "stands twice"
        if name in TYPES:
            if any(before.startswith("x_") for before in names[:index]):
                yield name, "stands after a custom column"
        elif not name.startswith("x_"):
            yield name, "is not in FOCUS 1.2 and has no prefix x_"
        elif not CUSTOM.fullmatch(name):
            yield name, "must be x_ and a name in Pascal case, at most 50 characters"
    for name in MANDATORY:
        if name not in names:
            yield name, "is missing"


def check_file(data):
    """Give the number of data rows and the errors."""
    errors, rows, seen = [], 0, {}
    try:
        text = data.decode("utf-8")
        if text.startswith("\ufeff"):
            errors.append("file: starts with a byte order mark")
        lines = records(text.removeprefix("\ufeff"))
        header = [name or "" for name in next(lines, [])]
        errors += [f"header, {shown(name)}: {fault}" for name, fault in check_header(header)]
        for rows, fields in enumerate(lines, 1):
            if len(fields) != len(header):
                errors.append(f"row {rows}: {len(fields)} fields, but {len(header)} columns")
                continue
            row = Row(header, fields, seen)
            errors += [f"row {rows}, {column}: {fault}"
                       for check in CHECKS for column, fault in check(row)]
    except ValueError as error:
        errors.append(f"file: {error}")
    return rows, errors


def main(arguments):
    try:
        with open(arguments[1] if len(arguments) == 2 else "", "rb") as file:
            rows, errors = check_file(file.read())
    except OSError as error:
        print(f"usage: focus_validator.py FILE ({error})", file=sys.stderr)
        return 2
    print(*errors, f"{rows} rows, {len(errors)} errors", sep="\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
