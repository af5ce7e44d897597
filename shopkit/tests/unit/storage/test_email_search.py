import pytest
from pymongo.asynchronous.collection import AsyncCollection

from shopkit.storage.email_search import EmailSearch, email_keys
from shopkit.storage.mongo import Database, Document
from shopkit.text import normalize_filter

SEARCH = EmailSearch("email")
PEOPLE = {
    1: "ada@example.com",
    2: "Ada.Lovelace@Example.org",
    3: "ben@adalbert.example",
    4: "example@shop.test",
    5: "command line",
}


@pytest.mark.parametrize(
    ("email", "keys"),
    [
        ("Ada@Example.com", ["ada@example.com", "example.com"]),
        ('"a@b"@c.example', ['"a@b"@c.example', "c.example"]),
        ("cafe\u0301@x.example", ["café@x.example", "x.example"]),
        ("command line", ["command line"]),
        ("ada@", ["ada@"]),
        ("", [""]),
    ],
)
def test_keys_are_the_address_and_its_domain(email: str, keys: list[str]) -> None:
    assert email_keys(email) == keys


@pytest.fixture
async def people(any_database: Database) -> AsyncCollection[Document]:
    people = any_database["people"]
    await people.drop()
    rows = [{"_id": number, "email": email} for number, email in PEOPLE.items()]
    # The last one was stored by a replica of the previous release.
    await people.insert_many([{**row, **SEARCH.keys(str(row["email"]))} for row in rows[:-1]])
    await people.insert_one(rows[-1])
    return people


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada", [1, 2, 3]),
        ("  ADA@EXAMPLE.COM ", [1]),
        ("ada@example.co", [1]),
        ("example", [1, 2, 4]),
        ("@EXAMPLE.com", [1]),
        ("example.com", [1]),
        ("xample", []),
        ("a.a", []),
        ("ada.", [2]),
        (".*", []),
        ("ada@example.com.", []),
    ],
)
async def test_finds_the_beginnings_of_addresses_and_domains(
    people: AsyncCollection[Document], text: str, expected: list[int]
) -> None:
    query = SEARCH.matching(normalize_filter(text) or "")
    assert [row["_id"] async for row in people.find(query).sort("_id", 1)] == expected


async def test_adds_missing_keys_in_chunks(people: AsyncCollection[Document]) -> None:
    # Given
    await people.insert_one({"_id": 6, "email": "Eve@x.example"})
    # When
    counts = [await SEARCH.add_missing_keys(people, 1) for _ in range(3)]
    # Then
    assert counts == [1, 1, 0]
    assert [row["_id"] async for row in people.find(SEARCH.matching("eve"))] == [6]


async def test_a_migration_adds_all_missing_keys_and_can_run_again(
    people: AsyncCollection[Document],
) -> None:
    for _ in range(2):
        await SEARCH.migrate(people, 1)
    assert [row["_id"] async for row in people.find(SEARCH.matching("command"))] == [5]


@pytest.mark.mongod
async def test_an_index_finds_the_keys(real_database: Database) -> None:
    # Given
    people = real_database["people"]
    await people.drop()
    await SEARCH.migrate(people, 10)
    await people.insert_many(
        [
            {"email": f"{number}@x.example", **SEARCH.keys(f"{number}@x.example")}
            for number in range(500)
        ]
    )
    for query, expected in ((SEARCH.matching("42"), 11), ({"email_keys": None}, 0)):
        # When
        plan = await people.find(query).explain()
        # Then
        statistics = plan["executionStats"]
        assert statistics["nReturned"] == expected
        assert statistics["totalKeysExamined"] <= expected + 1
        assert statistics["totalDocsExamined"] == expected
