import { act, render, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "@/app/App";
import { loadPage } from "@/app/router";
import { createQueryClient } from "@/lib/queryClient";
import { shopNavigator, visitStore } from "@/lib/visits";

/** Render the whole shop at a URL, with an empty query cache. */
export function openShop(url: string) {
  const queries = createQueryClient();
  const { mutations = {} } = queries.getDefaultOptions();
  queries.setDefaultOptions({ mutations, queries: { retry: false } });
  shopNavigator.push(url);
  loadPage(visitStore.get().location);
  render(<App queries={queries} />);
  return { user: userEvent.setup(), queries };
}

/** Navigate as a link does, and wait until the page is loaded. */
export async function visit(url: string): Promise<void> {
  await act(async () => shopNavigator.push(url));
  await waitFor(() => {
    if (document.querySelector("[aria-busy=true]")) throw new Error("The page is loading.");
  });
}

/** Press the browser's back or forward button, and wait until it has an effect. */
export async function go(delta: -1 | 1): Promise<void> {
  const popped = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
  await act(async () => {
    history.go(delta);
    await popped;
  });
}
