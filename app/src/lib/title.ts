/**
 * The router takes a page's title away before it sets the next one's. React puts titles in front of those that are there, and a document
 * is called by its first: one that stays behind them is what the document is called meanwhile.
 */
export const titleScript = (title: string): string =>
  `document.head.append(Object.assign(document.createElement("title"),{textContent:${JSON.stringify(title)}}))`;
