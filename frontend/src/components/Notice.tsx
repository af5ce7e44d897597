import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

type Tone = "ok" | "warn" | "danger" | "info";

const ICONS: Record<Tone, IconName> = { ok: "check", warn: "warn", danger: "cross", info: "info" };

interface Props {
  tone: Tone;
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** A message on the page. Screen readers announce a failure immediately. */
export function Notice({ tone, title, children, action }: Props) {
  return (
    <div className={`notice tone-${tone}`} role={tone === "danger" ? "alert" : undefined}>
      <Icon name={ICONS[tone]} />
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
      {action}
    </div>
  );
}
