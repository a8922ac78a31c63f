// Runs once, before everything else, whenever the task starts on a node.
export async function setup() {
  console.log("setup");
}
