// The line between a page and the service, to be cut.

/**
 * Takes the page's network into the test's hand; call it before the page is opened. A browser that is told to be offline
 * keeps its open sockets, so they are cut here.
 */
export async function network(page) {
  const sockets = new Set();
  let up = true;
  await page.routeWebSocket(/\/ws$/, (socket) => {
    if (!up) return;
    const server = socket.connectToServer();
    sockets.add({ socket, server });
  });
  return {
    /** `http` false leaves requests through: a page whose socket is dead and does not know it yet. */
    async down({ http = true } = {}) {
      up = false;
      if (http) await page.context().setOffline(true);
      for (const { socket, server } of sockets) {
        await socket.close({ code: 1001 });
        await server.close();
      }
      sockets.clear();
    },
    async up() {
      up = true;
      await page.context().setOffline(false);
      await page.evaluate(() => dispatchEvent(new Event('online')));
    },
  };
}
