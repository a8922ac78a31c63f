/* A task for pond-worker that asks there for what only Node has, and is a task
 * of the third generation where it runs in Node. */
if (process.argv.length < 5) {
  require('@_koii/task-manager').initializeTaskManager({
    setup() {
      require('child_process').execFileSync('echo', ['x']);
    },
    task() {}, submission() {}, audit() {}, distribution() { return {}; },
    routes() {},
  });
} else {
  require('http').createServer((request, response) => response.end('node'))
    .listen(Number(process.argv[4]), () => console.log('in node'));
  process.on('message', (message) => console.log(JSON.stringify(message)));
}
