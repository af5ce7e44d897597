import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  listAllOrdersQueryLimits as orderLimits,
  listProductsQueryLimits as productLimits,
} from "@/api/generated/limits.gen";
import {
  PRODUCT_SORTS,
  readOrderParams,
  readProductParams,
  toOrderQuery,
  toProductQuery,
} from "@/features/admin/adminParams";
import { safeNext } from "@/features/auth/safeNext";
import { STATUS } from "@/features/orders/status";
import { readParams, SORTS, toQuery, writeParams } from "@/features/products/catalogueParams";
import { readChoice, readCount, readDay, readId, readText } from "./searchParams";
import { LOW_STOCK } from "./settings";

const search = (text: string) => new URLSearchParams(text);

describe("choice", () => {
  const choices = { price: 1, "-price": 2 };

  it("is one of the choices", () => {
    expect(readChoice(search("sort=-price"), "sort", choices)).toBe("-price");
  });

  it.each(["", "sort=", "sort=name", "sort=constructor", "sort=__proto__", "sort=toString"])(
    "is null for %j",
    (text) => {
      expect(readChoice(search(text), "sort", choices)).toBeNull();
    },
  );
});

describe("text", () => {
  it("is cut to its maximum length without cutting an emoji in half", () => {
    expect(readText(search(`q=${"a".repeat(99)}😀b`), "q", { maxLength: 100 })).toBe(
      `${"a".repeat(99)}😀`,
    );
  });
});

describe("count", () => {
  it.each([
    ["pages=3", 3],
    ["pages=99", 50],
    ["pages=0", 1],
    ["pages=-2", 1],
    ["pages=2.5", 1],
    ["pages=1e9", 1],
    ["pages=99999999999999999999", 1],
    ["", 1],
  ])("of %j is %i", (text, count) => {
    expect(readCount(search(text), "pages", 50)).toBe(count);
  });
});

describe("id", () => {
  it("is 24 hexadecimal digits", () => {
    expect(readId(search(`edit=${"ab".repeat(12)}`), "edit")).toBe("ab".repeat(12));
  });

  it.each(["edit=..", "edit=.", "edit=", "edit=constructor", ""])("is null for %j", (text) => {
    expect(readId(search(text), "edit")).toBeNull();
  });
});

describe("day", () => {
  it.each([
    ["since=2026-02-28", "2026-02-28"],
    ["since=2026-02-30", ""],
    ["since=26-2-1", ""],
    ["", ""],
  ])("of %j is %j", (text, day) => {
    expect(readDay(search(text), "since")).toBe(day);
  });
});

// Texts that look like the values of filters, inherited names, and any characters.
const value = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.constantFrom("constructor", "__proto__", "hasOwnProperty", "price", "ACCEPTED", "low", "new"),
  fc.constantFrom("2000000", "1e6", "-1", "9,99", "NaN", "2026-13-45", "0000-00-00", "9999-12-31"),
);
const name = fc.constantFrom(
  ...["q", "category", "min", "max", "stock", "sort", "pages", "edit", "status", "email"],
  ...["since", "until", "next"],
);
const queryString = fc.array(fc.tuple(name, value)).map((pairs) => new URLSearchParams(pairs));
const anyQueryString = fc.oneof(queryString, fc.string({ unit: "grapheme" }).map(search));

const characters = (text: string | null | undefined) => Array.from(text ?? "").length;

describe("any query string", () => {
  it("is a query of the catalogue that the API accepts", () => {
    fc.assert(
      fc.property(anyQueryString, (params) => {
        const read = readParams(params);
        const query = toQuery(read);
        const { min_price: min, max_price: max } = productLimits;
        expect(characters(query.q)).toBeLessThanOrEqual(productLimits.q.maxLength);
        expect(characters(query.categoryName)).toBeLessThanOrEqual(
          productLimits.categoryName.maxLength,
        );
        expect([undefined, ...Object.keys(SORTS)]).toContain(query.sort);
        expect(query.min_price ?? 0).toBeGreaterThanOrEqual(min.minimum);
        expect(query.min_price ?? 0).toBeLessThanOrEqual(min.maximum);
        expect(query.max_price ?? 0).toBeGreaterThanOrEqual(max.minimum);
        expect(query.max_price ?? 0).toBeLessThanOrEqual(max.maximum);
        expect(encodeURIComponent(JSON.stringify(query))).not.toBe("");
        // The URL that the page writes means the same.
        expect(readParams(writeParams(read))).toEqual({ ...read, q: read.q.trim() });
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it("is a query of the admin's products that the API accepts", () => {
    fc.assert(
      fc.property(anyQueryString, (params) => {
        const query = toProductQuery(readProductParams(params));
        expect(characters(query.q)).toBeLessThanOrEqual(productLimits.q.maxLength);
        expect(Object.keys(PRODUCT_SORTS)).toContain(query.sort);
        expect([undefined, 0, LOW_STOCK]).toContain(query.max_stock);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it("is a query of the admin's orders that the API accepts", () => {
    fc.assert(
      fc.property(anyQueryString, (params) => {
        const query = toOrderQuery(readOrderParams(params));
        expect(characters(query.email)).toBeLessThanOrEqual(orderLimits.email.maxLength);
        expect([undefined, ...Object.keys(STATUS)]).toContain(query.status);
        for (const time of [query.since, query.until]) {
          if (time) expect(Number.isNaN(Date.parse(time))).toBe(false);
        }
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it("leads to a page of the shop after signing in", () => {
    fc.assert(
      fc.property(anyQueryString, (params) => {
        const next = safeNext(params.get("next"));
        expect(new URL(next, location.origin).origin).toBe(location.origin);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
