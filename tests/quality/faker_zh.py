"""Makes personal data that looks Chinese, the same on every run: JSON lines of kind and value."""

import json
import sys

from faker import Faker

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 300

Faker.seed(20261111)
fake = Faker("zh_CN")

KINDS = {
    "phone": fake.phone_number,
    "id_card": fake.ssn,
    "bank_card": fake.credit_card_number,
    "email": fake.email,
    # Without the postcode behind it, which chats leave out.
    "address": lambda: fake.address().rsplit(" ", 1)[0],
}

for kind, make in KINDS.items():
    for _ in range(COUNT):
        print(json.dumps({"kind": kind, "value": make()}, ensure_ascii=False))
