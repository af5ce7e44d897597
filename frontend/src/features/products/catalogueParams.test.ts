import { describe, expect, it } from "vitest";
import { readParams, toQuery, writeParams } from "./catalogueParams";

const read = (text: string) => readParams(new URLSearchParams(text));

describe("the address of the catalogue", () => {
  it("holds all that is chosen, and comes back the same", () => {
    const text = "q=mug&category=kitchen&min=5&max=9.99&stock=in&sort=-price&pages=3";
    expect(writeParams(read(text)).toString()).toBe(text);
  });

  it("leaves out what is at its default", () => {
    expect(writeParams(read("q=&pages=1&sort=nonsense&min=x")).toString()).toBe("");
  });
});

describe("what the server is asked for", () => {
  it("is the newest first where nothing is chosen", () => {
    expect(toQuery(read(""))).toEqual({ sort: "newest" });
  });

  it("is the best match first where words are searched for", () => {
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
