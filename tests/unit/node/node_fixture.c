#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "node/node_internal.h"
#include "node_fixture.h"

struct node *node_fixture_begin(struct fixture *fixture, uv_loop_t *loop,
                                const char *name, uint64_t claim_from)
{
    static const struct node_events events;
    struct node *node;
    char *url = mem_format("http://127.0.0.1:%u",
                           (unsigned)http_server_port(fixture->server));
    char *folder = mem_format("%s/%s", fixture->folder, name);
    const struct node_options options = {
        .folder = folder,
        .rpc_url = url,
        .listen_address = "127.0.0.1",
        .worker_path = "/nonexistent/pond-worker",
        .network = &address_rule_loopback,
        .claim_threshold_roe = claim_from,
    };

    assert_ok(file_make_folder(folder, 0700));
    if (wallet_save(folder, NULL, &fixture->wallet) < 0)
        err_clear(); /* there from the life before */
    assert_ok(node_start(loop, &options, &events, fixture, &node));
    client_set_poll(node->parts.client, 1);
    free(folder);
    free(url);
    return node;
}

static void on_ended(void *user)
{
    *(bool *)user = true;
}

void node_fixture_end(struct node *node, uv_loop_t *loop)
{
    bool is_ended = false;

    node_stop(node, on_ended, &is_ended);
    while (!is_ended)
        uv_run(loop, UV_RUN_ONCE);
}
