/*
 * How a bundle in its sandbox reaches the outside: by the preload and the
 * proxy, to what the rule allows, with the errors that Node gives. With a real
 * node, and a second one that is the outside.
 */
#include "../../name_server.h"
#include "../../test.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/proxy.h"
#include "runtime/koii/koii_process.h"
#include "runtime/koii/koii_program.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define WAIT_MS 60000

/* A certificate for server.example, in the form of JavaScript's texts. */
static const char certificate[] =
    "const key = '"
    "-----BEGIN PRIVATE KEY-----\\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgL0mdnxGsv0D6qVEr\\n"
    "QAjv6m91m0uqxz2EknEWQcSH5bGhRANCAARZsoYV5avOaqBKWuPqnAxOAChBmriw\\n"
    "uMu4EGfOob4gwhduC+p1SRw4aAFEnCq9M13P8wTZw/OAyXREHgKDMr6r\\n"
    "-----END PRIVATE KEY-----\\n"
    "';\n"
    "const cert = '"
    "-----BEGIN CERTIFICATE-----\\n"
    "MIIBozCCAUqgAwIBAgIUBvpISERNeRogzyvJgtifB1VSKukwCgYIKoZIzj0EAwIw\\n"
    "GTEXMBUGA1UEAwwOc2VydmVyLmV4YW1wbGUwIBcNMjYxMTMwMDIyODM1WhgPMjEy\\n"
    "NjExMDYwMjI4MzVaMBkxFzAVBgNVBAMMDnNlcnZlci5leGFtcGxlMFkwEwYHKoZI\\n"
    "zj0CAQYIKoZIzj0DAQcDQgAEWbKGFeWrzmqgSlrj6pwMTgAoQZq4sLjLuBBnzqG+\\n"
    "IMIXbgvqdUkcOGgBRJwqvTNdz/ME2cPzgMl0RB4CgzK+q6NuMGwwHQYDVR0OBBYE\\n"
    "FN3rA5x/YiX33fvJgu0xw8vsCQH9MB8GA1UdIwQYMBaAFN3rA5x/YiX33fvJgu0x\\n"
    "w8vsCQH9MA8GA1UdEwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIOc2VydmVyLmV4YW1w\\n"
    "bGUwCgYIKoZIzj0EAwIDRwAwRAIga1xiu2khCn4um7RdMWHQokL5pBsCBIGAGYlS\\n"
    "8SUwwhQCIG934bmKife/p5GxlU/iR1hp2FGHBHX1lS9hCMGUFkSb\\n"
    "-----END CERTIFICATE-----\\n"
    "';\n";

/* The outside: an HTTP, an HTTPS and an echo server, and a port that is shut.
 */
static const char outside[] =
    "const http = require('http'), https = require('https');\n"
    "const net = require('net');\n"
    "const answer = (q, a) => { let n = 0; q.on('data', d => n += d.length);\n"
    "  q.on('end', () => a.end(`${q.method} ${q.url} ${n}`)); };\n"
    "const all = [http.createServer(answer),\n"
    "  https.createServer({key, cert}, answer),\n"
    "  net.createServer(s => s.on('error', () => {}).pipe(s)),\n"
    "  net.createServer()];\n"
    "let left = all.length;\n"
    "for (const s of all) s.listen(0, '127.0.0.1', () => { if (--left) "
    "return;\n"
    "  const ports = all.map(s => s.address().port);\n"
    "  all[3].close(() => console.log(ports.join(' '), process.pid)); });\n";

struct bed {
    uv_loop_t loop;
    struct koii_process *process;
    struct proxy *proxy;
    struct proxy_host hosts[5];
    struct proxy_options options;
    struct name_server names;
    FILE *outside;
    int outside_process;
    char *folder, *program;
    struct buffer out;
    struct confinement confinement;
    bool ended, timed_out, over_limit, over_memory;
    char *end_text;
};

static void on_output(void *user, struct koii_process *process,
                      enum koii_output which, struct bytes text)
{
    buffer_bytes(&((struct bed *)user)->out, text);
}

static void on_proxying(void *user, struct koii_process *process, int lines,
                        int http)
{
    struct bed *bed = user;

    proxy_listen(bed->proxy, PROXY_LINES, lines);
    proxy_listen(bed->proxy, PROXY_HTTP, http);
}

static void on_confined(void *user, struct koii_process *process,
                        const struct confinement *confinement)
{
    ((struct bed *)user)->confinement = *confinement;
}

static void on_ended(void *user, struct koii_process *process,
                     const struct koii_end *end)
{
    struct bed *bed = user;

    bed->ended = true;
    bed->over_limit = end->over_limit;
    bed->over_memory = end->over_memory;
    bed->end_text = mem_text(end->text);
}

static const struct koii_events events = {.output = on_output,
                                          .proxying = on_proxying,
                                          .confined = on_confined,
                                          .ended = on_ended};

static void on_late(uv_timer_t *timer)
{
    ((struct bed *)timer->data)->timed_out = true;
}

static void run(struct bed *bed)
{
    uv_timer_t timer;

    uv_timer_init(&bed->loop, &timer);
    timer.data = bed;
    uv_timer_start(&timer, on_late, WAIT_MS, 0);
    while (!bed->timed_out && !bed->ended)
        uv_run(&bed->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    if (bed->timed_out)
        fail_msg("not over yet: %s", buffer_string(&bed->out));
}

static void start_with(struct bed *bed, const char *source,
                       struct launch_limits limits, const char *launcher,
                       enum confinement_wanted confinement)
{
    char *path = mem_format("%s/main.js", bed->folder);
    struct koii_launch launch = {
        .launcher = launcher,
        .confinement = confinement,
        .program = bed->program,
        .executable = path,
        .folder = bed->folder,
        .task_name = "task",
        .task_id = "4Nd1mYzX6zRkHbXy3vY2hTjQjJv2J6pQ1wVt8aV9bC7d",
        .task_port = 20000,
        .main_account = "main",
        .secret = "0123456789abcdef0123",
        .rpc_url = "http://127.0.0.1:1",
        .node_port = 30017,
        .limits = limits,
        .environment = (const char *const[]){"POND_HOSTS=node.example", NULL},
    };

    assert_ok(file_replace(path, bytes_text(source), 0600));
    assert_ok(
        koii_process_start(&bed->loop, &launch, &events, bed, &bed->process));
    free(path);
}

static void start(struct bed *bed, const char *source,
                  struct launch_limits limits)
{
    start_with(bed, source, limits, POND_LAUNCH, CONFINEMENT_WHOLE);
}

/* What programs print: "name value" lines. */
static void expect_line(struct bed *bed, const char *line)
{
    if (!strstr(buffer_string(&bed->out), line))
        fail_msg("no \"%s\" in: %s%s", line, buffer_string(&bed->out),
                 bed->end_text);
}

static void start_outside(struct bed *bed)
{
    unsigned http, https, echo, shut;
    char *path = mem_format("%s/outside.js", bed->folder);
    char *source = mem_format("%s%s", certificate, outside);
    char *command = mem_format("exec %s %s", bed->program, path);

    assert_ok(file_replace(path, bytes_text(source), 0600));
    bed->outside = popen(command, "r");
    assert_int_equal(fscanf(bed->outside, "%u %u %u %u %d", &http, &https,
                            &echo, &shut, &bed->outside_process),
                     5);
    bed->hosts[0] =
        (struct proxy_host){"server.example", 80, "127.0.0.1", (uint16_t)http};
    bed->hosts[1] = (struct proxy_host){"server.example", 443, "127.0.0.1",
                                        (uint16_t)https};
    bed->hosts[2] =
        (struct proxy_host){"server.example", 7, "127.0.0.1", (uint16_t)echo};
    bed->hosts[3] =
        (struct proxy_host){"server.example", 9, "127.0.0.1", (uint16_t)shut};
    bed->hosts[4] =
        (struct proxy_host){"node.example", 443, "127.0.0.1", (uint16_t)http};
    free(command);
    free(source);
    free(path);
}

static int set_up(void **state)
{
    struct bed *bed = mem_zero(1, sizeof(*bed));
    char name[] = "/tmp/pond-koii-XXXXXX";

    uv_loop_init(&bed->loop);
    bed->folder = mem_text(mkdtemp(name));
    if (koii_program_find(NULL, getenv("PATH"), &bed->program) < 0)
        bed->program = NULL;
    name_server_start(&bed->names);
    bed->options = (struct proxy_options){.rule = &address_rule_public,
                                          .hosts = bed->hosts,
                                          .host_count = 5,
                                          .name_server = &bed->names.address};
    bed->proxy = proxy_new(&bed->loop, &bed->options);
    if (bed->program)
        start_outside(bed);
    *state = bed;
    return 0;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;

    if (bed->process && !bed->ended) {
        koii_process_kill(bed->process, "the test is over");
        run(bed);
    }
    proxy_free(bed->proxy);
    name_server_stop(&bed->names);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bed->loop), 0);
    if (bed->outside) {
        assert_int_equal(kill(bed->outside_process, SIGKILL), 0);
        pclose(bed->outside);
    }
    assert_ok(file_remove_tree(bed->folder));
    buffer_free(&bed->out);
    free(bed->folder);
    free(bed->program);
    free(bed->end_text);
    free(bed);
    return 0;
}

/* Nothing to try with: no node, or a machine without namespaces. */
static void skip_without(struct bed *bed)
{
    if (!bed->program) {
        print_message("skipped: no node here\n");
        skip();
    }
    if (bed->ended && strstr(bed->end_text, "can't be confined")) {
        print_message("skipped: %s\n", bed->end_text);
        skip();
    }
}

#define TRY                                                                    \
    "const t = async (n, f) => { try { console.log(n, await f()); }\n"         \
    "  catch (e) { console.log(n, e.code ?? e.cause?.code ?? e.message); } "   \
    "};\n"

static void test_what_the_rule_allows_is_reached_in_every_way(void **state)
{
    struct bed *bed = *state;
    char *source = mem_format(
        "%s%s", certificate,
        TRY
        "const http = require('http'), https = require('https');\n"
        "const net = require('net'), cp = require('child_process');\n"
        "const get = (m, o, body) => new Promise((y, n) => {\n"
        "  const q = m.request(o, a => { let s = ''; a.on('data', d => s += "
        "d);\n"
        "    a.on('end', () => y(s)); }); q.on('error', n); q.end(body); });\n"
        "const big = Buffer.alloc(3000000, 'x');\n"
        "(async () => {\n"
        "await t('fetch', async () => (await "
        "fetch('http://server.example/a')).text());\n"
        "await t('fetch-post', async () => (await "
        "fetch('http://server.example/a',"
        " {method: 'POST', body: big})).text());\n"
        "await t('http', () => get(http, 'http://server.example/b'));\n"
        "await t('http-post', () => get(http, {host: 'server.example',"
        " method: 'POST', path: '/b'}, big));\n"
        "await t('https', () => get(https, {host: 'server.example', path: '/c',"
        " ca: cert}));\n"
        "await t('https-post', () => get(https, {host: 'server.example',"
        " method: 'POST', path: '/c', ca: cert}, big));\n"
        "await t('https-unknown', () => get(https, {host: "
        "'server.example'}));\n"
        "const agent = new https.Agent({keepAlive: true, ca: cert});\n"
        "await t('keep-1', () => get(https, {host: 'server.example', path: "
        "'/1', agent}));\n"
        "await t('keep-2', () => get(https, {host: 'server.example', path: "
        "'/2', agent}));\n"
        "agent.destroy();\n"
        "await t('node', () => get(https, 'https://node.example/d'));\n"
        "await t('node-fetch', async () => (await "
        "fetch('https://node.example/e')).text());\n"
        "await t('echo', () => new Promise((y, n) => { let s = 0;\n"
        "  const c = net.connect(7, 'server.example', () => c.end(big));\n"
        "  c.on('data', d => s += d.length).on('error', n).on('close', () => "
        "y(s)); }));\n"
        "await t('own', () => new Promise((y, n) => { const s = "
        "net.createServer(c =>"
        " c.end('own')).listen(20000, () => net.connect(20000).on('error', n)"
        ".on('data', d => { s.close(); y(`${d}`); })); }));\n"
        "await t('curl', () => cp.execFileSync('curl', ['-sS', '-m', '20',"
        " 'http://server.example/f'], {encoding: 'utf8'}));\n"
        "process.exit(0); })();\n");

    skip_without(bed);
    start(bed, source, (struct launch_limits){0});
    free(source);
    run(bed);
    skip_without(bed);
    expect_line(bed, "fetch GET /a 0\n");
    expect_line(bed, "fetch-post POST /a 3000000\n");
    expect_line(bed, "http GET /b 0\n");
    expect_line(bed, "http-post POST /b 3000000\n");
    expect_line(bed, "https GET /c 0\n");
    expect_line(bed, "https-post POST /c 3000000\n");
    expect_line(bed, "https-unknown DEPTH_ZERO_SELF_SIGNED_CERT\n");
    expect_line(bed, "keep-1 GET /1 0\n");
    expect_line(bed, "keep-2 GET /2 0\n");
    expect_line(bed, "node GET /d 0\n");
    expect_line(bed, "node-fetch GET /e 0\n");
    expect_line(bed, "echo 3000000\n");
    expect_line(bed, "own own\n");
    if (!access("/usr/bin/curl", X_OK))
        expect_line(bed, "curl GET /f 0\n");
}

static void test_what_is_refused_gives_nodes_own_errors(void **state)
{
    static const char source[] = TRY
        "const net = require('net'), tls = require('tls'), dns = "
        "require('dns');\n"
        "const link = (p, h) => new Promise((y, n) => net.connect(p, h)"
        ".on('connect', () => y('open')).on('error', n));\n"
        "(async () => {\n"
        "await t('metadata', () => fetch('http://169.254.169.254/latest'));\n"
        "await t('lan', () => link(80, '10.0.0.1'));\n"
        "await t('mapped', () => link(80, '::ffff:10.0.0.1'));\n"
        "await t('hex', () => link(80, '0x7f.1'));\n"
        "await t('nowhere', () => link(80, 'no-such-host.invalid'));\n"
        "await t('nowhere-fetch', () => "
        "fetch('https://no-such-host.invalid/'));\n"
        "await t('shut', () => link(9, 'server.example'));\n"
        "await t('mail', () => link(25, 'server.example'));\n"
        "await t('machine', () => link(22, '127.0.0.1'));\n"
        "await t('tls', () => new Promise((y, n) => tls.connect(443, "
        "'10.0.0.1')"
        ".on('secureConnect', y).on('error', n)));\n"
        "await t('lookup', () => dns.promises.lookup('server.example'));\n"
        "await t('resolve', () => dns.promises.resolve4('server.example'));\n"
        "await t('localhost', async () => (await dns.promises.lookup("
        "'localhost', {family: 4})).address);\n"
        "process.exit(0); })();\n";
    struct bed *bed = *state;

    skip_without(bed);
    start(bed, source, (struct launch_limits){0});
    run(bed);
    skip_without(bed);
    expect_line(bed, "metadata EACCES\n");
    expect_line(bed, "lan EACCES\n");
    expect_line(bed, "mapped EACCES\n");
    expect_line(bed, "hex EACCES\n");
    expect_line(bed, "nowhere ENOTFOUND\n");
    expect_line(bed, "nowhere-fetch ENOTFOUND\n");
    expect_line(bed, "shut ECONNREFUSED\n");
    expect_line(bed, "mail EACCES\n");
    expect_line(bed, "machine ECONNREFUSED\n");
    expect_line(bed, "tls EACCES\n");
    expect_line(bed, "lookup ENOTFOUND\n");
    expect_line(bed, "resolve EREFUSED\n");
    expect_line(bed, "localhost 127.0.0.1\n");
}

static void test_every_wall_is_reported(void **state)
{
    struct bed *bed = *state;

    skip_without(bed);
    start(bed, "process.exit(0)", (struct launch_limits){0});
    run(bed);
    skip_without(bed);
    assert_true(bed->confinement.own_root && bed->confinement.own_network &&
                bed->confinement.own_processes && bed->confinement.own_user &&
                bed->confinement.own_ipc && bed->confinement.seccomp &&
                bed->confinement.no_new_privileges);
}

static void test_without_namespaces_it_is_refused(void **state)
{
    struct bed *bed = *state;

    if (!bed->program)
        skip();
    start_with(bed, "console.log('ran')", (struct launch_limits){0},
               WITHOUT_NAMESPACES, CONFINEMENT_WHOLE);
    run(bed);
    assert_non_null(strstr(bed->end_text, "can't be confined"));
    assert_non_null(strstr(bed->end_text, "namespace"));
    assert_null(strstr(buffer_string(&bed->out), "ran\n"));
}

/* The operator allows it. What remains are the walls that need no namespace. */
static void test_without_namespaces_it_runs_if_anything_goes(void **state)
{
    struct bed *bed = *state;

    if (!bed->program)
        skip();
    start_with(bed,
               TRY "const fs = require('fs'); (async () => {\n"
                   "await t('own', () => fs.writeFileSync('x', 'x'));\n"
                   "await t('tmp', () => fs.writeFileSync(process.env.TMPDIR + "
                   "'/x', 'x'));\n"
                   "await t('machine', () => fs.writeFileSync('/tmp/pond-x', "
                   "'x'));\n"
                   "await t('server', async () => (await fetch("
                   "'http://no-such-host.invalid/')).text());\n"
                   "process.exit(0); })()",
               (struct launch_limits){0}, WITHOUT_NAMESPACES, CONFINEMENT_ANY);
    run(bed);
    expect_line(bed, "own undefined\n");
    expect_line(bed, "tmp undefined\n");
    expect_line(bed, "server E");
    if (bed->confinement.landlock)
        expect_line(bed, "machine EACCES\n");
    assert_false(bed->confinement.own_network);
}

static void expect_limit(struct bed *bed, const char *source,
                         struct launch_limits limits, const char *text)
{
    skip_without(bed);
    start(bed, source, limits);
    run(bed);
    skip_without(bed);
    if (!bed->over_limit || !strstr(bed->end_text, text))
        fail_msg("ended with: %s", bed->end_text);
    assert_int_equal(bed->over_memory, strstr(text, "memory") != NULL);
}

static void test_memory_counts_for_all_processes(void **state)
{
    expect_limit(
        *state,
        "const {fork} = require('child_process'); const all = [];\n"
        "if (!process.argv.includes('child')) for (let i = 0; i < 2; "
        "i++) fork(__filename, ['child']);\n"
        "else setInterval(() => all.push(Buffer.alloc(1 << 20, 1)), 5);",
        (struct launch_limits){.memory_bytes = 400u << 20},
        "memory limit of 400 MB");
}

static void test_disk_counts(void **state)
{
    expect_limit(*state,
                 "let i = 0; setInterval(() => require('fs').writeFileSync("
                 "'/tmp/' + i++, Buffer.alloc(1 << 20, 1)), 5);",
                 (struct launch_limits){.disk_bytes = 16u << 20},
                 "disk limit of 16 MB");
}

/* What database drivers ask for before they connect (mongodb+srv), by every
 * face of Node's module. */
static void test_records_of_names_are_looked_up_by_the_node(void **state)
{
    struct bed *bed = *state;
    const char *source = TRY
        "const dns = require('dns'), {promisify} = require('util');\n"
        "const service = '_mongodb._tcp.db.example';\n"
        "const text = a => JSON.stringify(a);\n"
        "(async () => {\n"
        "await t('srv', async () => text(await "
        "dns.promises.resolveSrv(service)));\n"
        "await t('any', async () => text(await "
        "dns.promises.resolve(service, 'SRV')));\n"
        "await t('back', async () => (await "
        "promisify(dns.resolveSrv)(service))[1].name);\n"
        "await t('txt', async () => text(await "
        "promisify(dns.resolve)('texts.example', 'TXT')));\n"
        "const own = new dns.promises.Resolver();\n"
        "await t('own', async () => (await "
        "own.resolveTxt('texts.example')).length);\n"
        "await t('none', () => dns.promises.resolveTxt('none.example'));\n"
        "await t('broken', () => dns.promises.resolveTxt('broken.example'));\n"
        "await t('odd', () => dns.promises.resolveTxt('a b\\nc'));\n"
        "process.exit(0); })();\n";

    skip_without(bed);
    start(bed, source, (struct launch_limits){0});
    run(bed);
    skip_without(bed);
#define SERVICES                                                               \
    "[{\"name\":\"first.example\",\"port\":27017,\"priority\":1,"              \
    "\"weight\":2},{\"name\":\"other.example\",\"port\":27018,"                \
    "\"priority\":3,\"weight\":4}]\n"
    expect_line(bed, "srv " SERVICES);
    expect_line(bed, "any " SERVICES);
    expect_line(bed, "back other.example\n");
    expect_line(bed, "txt [[\"a=\xc3\xa9\",\"b=cd\"],[\"replicaSet\"]]\n");
    expect_line(bed, "own 2\n");
    expect_line(bed, "none ENOTFOUND\n");
    expect_line(bed, "broken ESERVFAIL\n");
    expect_line(bed, "odd EBADNAME\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_records_of_names_are_looked_up_by_the_node),
        TEST(test_what_the_rule_allows_is_reached_in_every_way),
        TEST(test_what_is_refused_gives_nodes_own_errors),
        TEST(test_every_wall_is_reported),
        TEST(test_without_namespaces_it_is_refused),
        TEST(test_without_namespaces_it_runs_if_anything_goes),
        TEST(test_memory_counts_for_all_processes),
        TEST(test_disk_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
