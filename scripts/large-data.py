#!/usr/bin/env python3
"""Writes random data of Amazon Books' size (docs/data.md): python3 scripts/large-data.py FOLDER

big.json with big.csv and items.csv as own data, Books_5.json and meta_Books.json in the published format.
"""
import json
import os
import random
import sys

USERS, ITEMS, RECORDS = 165_036, 159_551, 5_073_469
FIRST_TIME, SECONDS = 1_000_000_000, 500_000_000
TEXT = "A review of ordinary length, which readers have to pass over without looking at what it says. " * 3


def main(folder):
    os.makedirs(folder, exist_ok=True)
    generator = random.Random(3)
    users = ["A%012X" % (user * 2_654_435_761 % (1 << 48)) for user in range(USERS)]
    items = ["B%09d" % (item * 7919 % 1_000_000_007) for item in range(ITEMS)]
    with open(os.path.join(folder, "big.csv"), "w") as csv, open(os.path.join(folder, "Books_5.json"), "w") as reviews:
        csv.write("reviewerID,asin,overall,unixReviewTime\n")
        for record in range(RECORDS):
            # Everybody once, then the few most active ones often.
            user = users[record if record < USERS else int(USERS * generator.random() ** 1.6)]
            item = items[record if record < ITEMS else int(ITEMS * generator.random() ** 2.2)]
            rating, time = generator.randint(1, 5), FIRST_TIME + generator.randrange(SECONDS)
            csv.write(f"{user},{item},{rating}.0,{time}\n")
            reviews.write(
                f'{{"overall": {rating}.0, "verified": true, "reviewTime": "01 1, 2014", "reviewerID": "{user}", "asin": "{item}", '
                f'"reviewText": "{TEXT}", "unixReviewTime": {time}}}\n'
            )
    with open(os.path.join(folder, "items.csv"), "w") as csv, open(os.path.join(folder, "meta_Books.json"), "w") as metadata:
        csv.write("asin,price,categories\n")
        for item in items:
            price = 50 * generator.random()
            categories = "|".join(f"c{generator.randint(1, 300)}" for _ in range(3))
            csv.write(f"{item},{price:.2f},{categories}\n")
            metadata.write(f'{{"asin": "{item}", "title": "Book {item}", "price": "${price:.2f}"}}\n')
    schema = {
        "interactions": {"file": "big.csv", "user": "reviewerID", "item": "asin", "time": "unixReviewTime"},
        "items": {
            "file": "items.csv",
            "columns": {"asin": "id", "price": {"type": "number", "bins": 50}, "categories": "multi-category"},
        },
    }
    with open(os.path.join(folder, "big.json"), "w") as file:
        json.dump(schema, file, indent=2)


if __name__ == "__main__":
    main(sys.argv[1])
