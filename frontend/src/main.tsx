import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { resumeSession } from "@/lib/session";
import "@/styles/main.scss";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");

resumeSession();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
