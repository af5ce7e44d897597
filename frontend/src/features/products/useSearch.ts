import { type FormEvent, useRef } from "react";
import { useNavigate } from "react-router";
import { useSearchShortcut } from "./useSearchShortcut";
import { useSearchText } from "./useSearchText";

export type Search = ReturnType<typeof useSearch>;

/** Hold what is typed into a search field, and go to what it finds. */
export function useSearch(hasShortcut: boolean) {
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const searchText = useSearchText();
  useSearchShortcut(input, hasShortcut);

  function go(to: string) {
    searchText.discard();
    input.current?.blur();
    navigate(to);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    const query = searchText.text.trim();
    go(query ? `/products?${new URLSearchParams({ q: query })}` : "/products");
  }
  return { ...searchText, input, go, submit };
}
