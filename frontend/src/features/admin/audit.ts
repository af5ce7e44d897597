/** How audit entries are shown. */
import type { AuditEntryBody } from "@/api";
import type { AuditOwner } from "./api/listAuditEntries";

export const AUDIT_OWNERS: Record<AuditOwner, string> = {
  products: "Catalogue",
  orders: "Orders",
  accounts: "Accounts",
};

const DEAD_LETTER_ACTIONS = {
  "dead letter: replay": "Replayed a dead letter",
  "dead letter: replay failed": "Failed to replay a dead letter",
  "dead letter: discard": "Discarded a dead letter",
};

/** The actions of each service, as they are stored and as they are shown. */
export const AUDIT_ACTIONS: Record<AuditOwner, Record<string, string>> = {
  products: {
    "create product": "Added a product",
    "change product": "Changed a product",
    "change picture": "Changed a picture",
    "archive product": "Archived a product",
    "add category": "Added a category",
    "rename category": "Renamed a category",
    "delete category": "Deleted a category",
    ...DEAD_LETTER_ACTIONS,
  },
  orders: { "cancel order": "Cancelled an order", ...DEAD_LETTER_ACTIONS },
  accounts: {
    "role-changed": "Changed a role",
    "admin-created": "Created an admin",
    "password-changed": "Changed a password",
  },
};

export interface Change {
  field: string;
  before: string;
  after: string;
}

const VERSIONS = new Set(["details_version", "stock_version"]);

/** Return the fields that an action has changed. */
export function changesOf({ before, after }: AuditEntryBody): Change[] {
  const names = Object.keys({ ...before, ...after }).filter((name) => !VERSIONS.has(name));
  return names
    .map((name) => ({
      field: fieldLabel(name),
      before: format(name, before?.[name]),
      after: format(name, after?.[name]),
    }))
    .filter((change) => change.before !== change.after);
}

/** `price_cents` becomes `Price`. */
function fieldLabel(name: string): string {
  const words = name.replace(/_cents$/, "").replaceAll("_", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function format(name: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "number") {
    return name.endsWith("_cents") ? (value / 100).toFixed(2) : value.toLocaleString("en");
  }
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Return the page of what was changed. */
export function subjectUrl(owner: AuditOwner, { action, subject }: AuditEntryBody): string {
  if (action.startsWith("dead letter")) return "/admin/dead-letters";
  if (owner === "orders") return `/admin/orders/${subject}`;
  if (owner === "accounts") return `/admin/users?email=${encodeURIComponent(subject)}`;
  return action.endsWith("category") ? "/admin/categories" : `/admin/products?edit=${subject}`;
}

/** Return the name of what was changed, or its id. */
export function subjectName({ before, after, subject }: AuditEntryBody): string {
  const name = after?.name ?? before?.name;
  return typeof name === "string" ? name : subject;
}
