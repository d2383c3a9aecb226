/** The element that says it, with a button that loads the page anew. It is in every page from the start, hidden. */
export const LOST_ID = "lost";

/**
 * A page whose script does not arrive stands still, and no code of its own can say so: this runs before any of them, and shows the
 * element when the browser could not load one.
 */
export const LOST_SCRIPT = `addEventListener("error",function(e){var s=e.target;if(!s||s.tagName!=="SCRIPT")return;var show=function(){var n=document.getElementById("${LOST_ID}");if(n){n.querySelector("button").onclick=function(){location.reload()};n.hidden=false}else addEventListener("DOMContentLoaded",show)};show()},true)`;
