import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { loadPage } from "@/app/router";
import { createQueryClient } from "@/lib/queryClient";
import { resumeSession } from "@/lib/session";
import { visitStore } from "@/lib/visits";
import "@/styles/main.scss";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");

loadPage(visitStore.get().location);
resumeSession();
createRoot(root).render(
  <StrictMode>
    <App queries={createQueryClient()} />
  </StrictMode>,
);
