/** Finds a Chromium to test with: CHROMIUM_PATH, one on the PATH, or Debian's package as root. */
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

// Nothing but the shop is asked: no updates, no accounts, no lookups of its own.
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function chromiumPath(): string {
  return process.env.CHROMIUM_PATH || onPath() || installed();
}

export function chromiumArguments(): string[] {
  const isRoot = process.getuid?.() === 0;
  return isRoot ? [...QUIET, "--no-sandbox"] : QUIET;
}

export function launchOptions() {
  return { executablePath: chromiumPath(), args: chromiumArguments() };
}

function onPath(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installed(): string {
  try {
    if (process.getuid?.() === 0) {
      execFileSync("apt-get", ["install", "-y", "-qq", "chromium"], { stdio: "ignore" });
    }
  } catch {
    // No apt, or no network: the message below says what to do.
  }
  const path = onPath();
  if (path) return path;
  throw new Error(
    "No Chromium found. Install one (Debian: apt install chromium), or name one: CHROMIUM_PATH=/path/to/chromium",
  );
}
