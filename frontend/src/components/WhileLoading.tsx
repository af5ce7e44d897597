import type { ReactNode } from "react";
import { useOnline } from "@/lib/useOnline";
import { Icon } from "./Icon";

/** Shows a skeleton until content has loaded. Offline nothing loads, so it says that instead. */
export function WhileLoading({ children }: { children: ReactNode }) {
  if (useOnline()) return children;
  return (
    <p className="offline-note muted">
      <Icon name="info" />
      You are offline. This loads when you are back online.
    </p>
  );
}
