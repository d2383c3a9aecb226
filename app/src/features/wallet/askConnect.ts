/** Any page may ask for the connect dialog; it lives in the header, once. */
export const CONNECT_EVENT = "weir:connect";

export const askConnect = (): boolean => window.dispatchEvent(new Event(CONNECT_EVENT));
