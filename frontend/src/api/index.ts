/** The generated client, configured to send its requests through lib/http. */
import { http } from "@/lib/http";
import { client } from "./generated/client.gen";

client.setConfig({ baseUrl: location.origin, fetch: http });

export * from "./generated";
