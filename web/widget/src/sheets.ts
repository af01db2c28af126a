/** Puts a style sheet into the shadow tree around a node; what comes back takes it out again. */
export function wear(node: Node, css: string): () => void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const root = node.getRootNode() as ShadowRoot;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  return () => {
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((each) => each !== sheet);
  };
}
