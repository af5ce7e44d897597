/** Finds Chromium: CHROMIUM_PATH, then the PATH, then Debian's package, which root installs. */
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

// The browser must send requests to the shop only: no updates, no accounts, no lookups.
const SWITCHES = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function chromiumPath(): string {
  return process.env.CHROMIUM_PATH || findOnPath() || install();
}

export function chromiumArguments(): string[] {
  const isRoot = process.getuid?.() === 0;
  return isRoot ? [...SWITCHES, "--no-sandbox"] : SWITCHES;
}

export function launchOptions() {
  return { executablePath: chromiumPath(), args: chromiumArguments() };
}

function findOnPath(): string | undefined {
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

function install(): string {
  try {
    if (process.getuid?.() === 0) {
      execFileSync("apt-get", ["install", "-y", "-qq", "chromium"], { stdio: "ignore" });
    }
  } catch {
    // Without apt or a network, the error below says what to do.
  }
  const path = findOnPath();
  if (path) return path;
  throw new Error(
    "Chromium was not found. Install it (Debian: apt install chromium) or set CHROMIUM_PATH.",
  );
}
