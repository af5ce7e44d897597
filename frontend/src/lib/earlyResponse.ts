/** The response that public/early.js has requested before this script was loaded. */
interface EarlyResponse {
  url: string;
  response: Promise<Response>;
}

declare global {
  interface Window {
    earlyResponse?: EarlyResponse;
  }
}

/** Return the early response to a request, once. If it failed, the request is sent again. */
export async function takeEarlyResponse({ method, url }: Request): Promise<Response | null> {
  const early = window.earlyResponse;
  if (method !== "GET" || early?.url !== url) return null;
  delete window.earlyResponse;
  const response = await early.response.catch(() => null);
  return response?.ok ? response : null;
}
