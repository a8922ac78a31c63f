import {
  app,
  namespaceWrapper,
} from "@_koii/task-manager/namespace-wrapper";
import { recall } from "../memory.js";

/** GET /task/<id>/archive/<round>: the manifest of this node's evidence. */
export function routes() {
  app.get("/archive/:round", async (request, response) => {
    const round = Number(request.params.round);
    const cid = await recall(round);
    if (!cid) {
      response.status(404).json({ error: `nothing archived in ${round}` });
      return;
    }
    const text = await namespaceWrapper.storage.getText(cid, "manifest.json");
    response.json({ cid, manifest: JSON.parse(text) });
  });
}
