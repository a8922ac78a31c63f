import { app, namespaceWrapper } from "@_koii/namespace-wrapper";

// Reachable at /task/TASK/… on every node that runs the task.
export function routes() {
  app.get("/hello/:round", async (request, response) => {
    const value = await namespaceWrapper.storeGet(
      `result-${request.params.round}`,
    );
    response.status(value ? 200 : 404).json({ value: value ?? null });
  });
}
