// Waiting for what another process does.

const PAUSE_MS = 500;

/** Tries until `check` does not throw; after `patience` its last error counts. */
export async function eventually(patience, check) {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
}
