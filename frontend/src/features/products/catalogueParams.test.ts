import { describe, expect, it } from "vitest";
import { readParams, toQuery, writeParams } from "./catalogueParams";

const read = (text: string) => readParams(new URLSearchParams(text));

describe("catalogue URL", () => {
  it("stores every choice and restores it", () => {
    const text = "q=mug&category=kitchen&min=5&max=9.99&stock=in&sort=-price&pages=3";
    expect(writeParams(read(text)).toString()).toBe(text);
  });

  it("leaves out defaults and invalid values", () => {
    expect(writeParams(read("q=&pages=1&sort=nonsense&min=x")).toString()).toBe("");
  });

  it.each(["sort=constructor", "max=2000000", "min=-1", "min=1.234", "pages=1e9"])(
    "leaves out %s",
    (text) => {
      expect(writeParams(read(text)).toString()).toBe("");
    },
  );

  it("accepts prices as people type them", () => {
    expect(writeParams(read("min=9,99&max=1000000")).toString()).toBe("min=9.99&max=1000000");
  });
});

describe("catalogue query", () => {
  it("sorts by newest by default", () => {
    expect(toQuery(read(""))).toEqual({ sort: "newest" });
  });

  it("sorts by relevance when searching", () => {
    expect(toQuery(read("q=mug"))).toEqual({ q: "mug" });
  });

  it("has prices as numbers", () => {
    expect(toQuery(read("min=5&max=9.99&stock=in&sort=price"))).toEqual({
      min_price: 5,
      max_price: 9.99,
      in_stock: true,
      sort: "price",
    });
  });
});
