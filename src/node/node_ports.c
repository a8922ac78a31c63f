/*
 * The node behind its two ports: the functions that they are handed.
 */
#include "node/node_ports.h"

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_writer.h"
#include "node/node_internal.h"
#include "node/node_orders.h"
#include "node/node_page.h"
#include "node/node_reach.h"
#include "node/node_tasks.h"

#include <stdlib.h>
#include <unistd.h>

static struct task_runner *find_runner(void *user, const struct pubkey *task)
{
    return node_tasks_find(user, task);
}

static struct task_runner *runner_at(void *user, size_t place)
{
    const struct node *node = user;

    return place < node->runner_count ? node->runners[place] : NULL;
}

/* Of the tasks it has staked on, the first here; one key for all of them is the
 * rule. */
static bool find_terms(void *user, const struct pubkey *key,
                       struct node_upload_terms *out)
{
    const struct node *node = user;

    for (size_t i = 0; i < node->runner_count; i++) {
        const struct task_runner *runner = node->runners[i];

        if (!task_runner_keeps_for(runner, key, &out->owner, &out->is_own))
            continue;
        out->limit_bytes = node->options.task_store_limit_bytes;
        return true;
    }
    return false;
}

static const char *public_url(void *user)
{
    const struct node *node = user;

    return node->public_url;
}

static void note_request(void *user, struct http_exchange *exchange)
{
    const struct node *node = user;

    node_reach_note(node->reach, exchange);
}

static void answer_reach(void *user, struct http_exchange *exchange)
{
    const struct node *node = user;

    node_reach_answer(node->reach, exchange);
}

static void write_metrics(void *user, struct buffer *out)
{
    node_metrics(user, out);
}

/* In the journal. */
static const char port_name[] = "listen_port";

struct port_record {
    uint64_t port;
};

static int put_port(struct journal *journal, void *user)
{
    const struct port_record *record = user;

    return journal_number_put(journal, port_name, record->port);
}

/* Without it the node has another port after its next start, and says so where
 * its stake names this one. */
static void on_port_written(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
    free(user);
}

static void write_port(struct node *node, uint16_t port)
{
    struct port_record *record = mem_alloc(sizeof(*record));

    record->port = port;
    journal_writer_run(node->parts.settings_writer, put_port, on_port_written,
                       record);
}

/* Where any free port will do it is the one of the last time: the stake's
 * address on chain names it, and peers fetch evidence there. */
static int start_face(struct node *node, uint16_t *port)
{
    static const struct node_face_view view = {.find = find_runner,
                                               .at = runner_at,
                                               .metrics = write_metrics,
                                               .terms = find_terms,
                                               .public_url = public_url,
                                               .note = note_request,
                                               .reach = answer_reach};
    struct journal *journal = node->parts.settings;
    struct node_face_options options = {
        .loop = node->parts.loop,
        .address = node->options.listen_address,
        .port = node->options.listen_port,
        .store = node->parts.store,
        .folder = node->options.folder,
        .view = &view,
        .has_bare_tasks = node->options.confinement == CONFINEMENT_ANY,
        .user = node,
    };
    uint64_t last = 0;
    int status = ERR_BUSY;

    if (options.port)
        return node_face_start(&options, &node->face, port);
    if (journal_number_get(journal, port_name, &last) == 0 && last > 0 &&
        last <= UINT16_MAX) {
        options.port = (uint16_t)last;
        status = node_face_start(&options, &node->face, port);
    }
    options.port = 0;
    if (status == ERR_BUSY)
        status = node_face_start(&options, &node->face, port);
    if (!status && *port != last)
        write_port(node, *port);
    return status;
}

int node_ports_start_face(struct node *node, uint16_t *port)
{
    int status = start_face(node, port);

    if (status)
        return status;
    node->face_port = *port;
    node->parts.inside = node_face_inside(node->face);
    node->parts.inside_port = http_server_port(node->parts.inside);
    return 0;
}

static void say(void *user, const char *topic, struct bytes message)
{
    const struct node *node = user;

    node_control_say(node->control, topic, message);
}

int node_ports_start_control(struct node *node)
{
    const struct node_control_options options = {
        .loop = node->parts.loop,
        .folder = node->options.folder,
        .port = node->options.control_port,
        .guard = {.host = node->options.page_host,
                  .host_user = node->options.page_user,
                  .has_host_user = node->options.page_host != NULL,
                  .user = geteuid()},
        .world = &node_page_world,
        .world_user = node->page,
        .public_url = node->public_url,
        .main = *signer_main(node->parts.signer),
        .staking = *signer_staking(node->parts.signer),
        .orders = &node_orders,
        .user = node,
    };

    node_page_open(node->page);
    int status = node_control_start(&options, &node->control);

    if (!status) {
        node->parts.say = say;
        node->parts.say_user = node;
    }
    return status;
}
