/** The generated client, set to go through the shop's own http layer. */
import { http } from "@/lib/http";
import { client } from "./generated/client.gen";

client.setConfig({ baseUrl: location.origin, fetch: http });

export * from "./generated";
