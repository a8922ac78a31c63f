#include "node/node_setup.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "client/client.h"
#include "net/http_server.h"
#include "node/money/signer.h"
#include "node/money/wallet_change.h"
#include "node/money/wallet_draft.h"
#include "node/money/wallet_phrase.h"
#include "node/node_control.h"
#include "node/node_page.h"
#include "node/node_stake_search.h"
#include "node/page/api_world.h"
#include "node/page/setup.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * Invariant: parts_open counts what has to let go of the loop before it is
 * freed.
 */
struct node_setup {
    const struct node_options *options;
    uv_loop_t *loop;
    struct folder_lock *lock;
    struct setup *setup;
    struct http_server *face;
    struct node_control *control;
    struct client *client; /* NULL: nothing was asked yet */
    char *name;
    bool is_locked;
    uv_timer_t turn; /* tells ready from the loop */
    struct node_setup_events events;
    void *user;
    unsigned parts_open;
    void (*closed)(void *user);
    void *closed_user;
};

/* ---- is it needed ---- */

/* Does the passphrase come from somewhere? A user is asked in the foreground of
 * a terminal alone. */
static bool has_source(const struct node_options *options)
{
    return options->passphrase.file ||
           (options->passphrase.may_ask && isatty(STDIN_FILENO) &&
            tcgetpgrp(STDIN_FILENO) == getpgrp());
}

/* The folder is this process's meanwhile. */
static int look(const struct node_options *options, bool *has_keys,
                bool *is_sealed)
{
    int status = wallet_change_finish(options->folder);

    return status ? status
                  : wallet_draft_look(options->folder, options->account,
                                      has_keys, is_sealed);
}

int node_setup_look(const struct node_options *options,
                    enum node_setup_need *out)
{
    struct folder_lock *lock = NULL;
    bool has_keys = false, is_sealed = false;
    int status = file_make_folder(options->folder, 0700);

    if (!status)
        status = folder_lock_take(options->folder, &lock);
    if (!status)
        status = look(options, &has_keys, &is_sealed);
    folder_lock_release(lock);
    *out = !has_keys                           ? NODE_SETUP_WALLET
           : is_sealed && !has_source(options) ? NODE_SETUP_PASSPHRASE
                                               : NODE_SETUP_NONE;
    return status;
}

int node_setup_open(uv_loop_t *loop, const struct node_options *options,
                    struct signer **out)
{
    const struct signer_start start = {.program = options->signer_path,
                                       .folder = options->folder,
                                       .account = options->account,
                                       .passphrase = options->passphrase};

    return signer_start(loop, &start, out);
}

int node_setup_note(const char *folder, bool is_private)
{
    char *path = mem_format("%s/" SETUP_STEP_FILE, folder);
    int status =
        file_replace(path, bytes_text(is_private ? "1\n" : "6\n"), 0600);

    free(path);
    return status;
}

/* ---- the world of its page ---- */

static int ask(void *user, const struct api_question *question,
               struct buffer *answer, bool *is_later)
{
    return err_set(ERR_STATE, "the node has no keys yet");
}

/* A node without tasks, and without a connection. */
static void write_status(void *user, struct buffer *out)
{
    buffer_text(out, "{\"connected\":false,\"tasks\":[],\"stopped\":[]}");
}

static void read_clock(void *user, struct api_clock *out)
{
    *out = (struct api_clock){0};
}

static void read_figures(void *user, struct api_figures *out)
{
    *out = (struct api_figures){0};
}

static const char *name_of(void *user)
{
    const struct node_setup *setup = user;

    return setup->name;
}

static const char *network_of(void *user)
{
    const struct node_setup *setup = user;

    return setup->options->network_name ? setup->options->network_name
                                        : "private";
}

static bool is_locked(void *user)
{
    const struct node_setup *setup = user;

    return setup->is_locked;
}

static int prove(void *user, struct bytes passphrase, api_done *done,
                 void *done_user)
{
    return err_set(ERR_STATE, "the node is locked");
}

static int unlock(void *user, struct bytes passphrase, api_done *done,
                  void *done_user)
{
    const struct node_setup *setup = user;

    return setup_unlock(setup->setup, passphrase, done, done_user);
}

/* The endpoint is asked for nothing else, so a client is there from the first
 * question on. */
static int ask_stakes(void *user, const struct pubkey *keys, size_t count,
                      api_answered *answered, void *answered_user)
{
    struct node_setup *setup = user;
    int status = 0;

    if (setup->closed)
        return err_set(ERR_CANCELLED, "the node is stopping");
    if (!setup->client)
        status =
            client_new(setup->loop, setup->options->rpc_url, &setup->client);
    if (!status)
        node_stake_search(setup->client, keys, count, answered, answered_user);
    return status;
}

static int lock(void *user)
{
    return err_set(ERR_STATE, "it is locked already");
}

static struct setup *setup_of(void *user)
{
    const struct node_setup *setup = user;

    return setup->setup;
}

static enum setup_step first_run(void *user)
{
    const struct node_setup *setup = user;

    return setup_step(setup->setup);
}

static void set_first_run(void *user, enum setup_step step)
{
}

/* As an operator's Ctrl-C. */
static int stop(void *user)
{
    return kill(getpid(), SIGTERM) ? err_errno("can't end this process") : 0;
}

static const struct api_world world = {
    .ask = ask,
    .status = write_status,
    .clock = read_clock,
    .figures = read_figures,
    .name = name_of,
    .network = network_of,
    .is_sealed = is_locked,
    .is_locked = is_locked,
    .prove = prove,
    .unlock = unlock,
    .lock = lock,
    .setup = setup_of,
    .first_run = first_run,
    .set_first_run = set_first_run,
    .stop = stop,
    .stakes = ask_stakes,
};

/* ---- its ports ---- */

static const char *what_it_waits_for(const struct node_setup *setup)
{
    return setup->is_locked
               ? "the node is locked: `pond page` opens its page, which asks "
                 "for the passphrase"
               : "the node has no wallet yet: `pond page` opens its page, "
                 "which makes one";
}

static void on_peer(void *user, struct http_exchange *exchange)
{
    http_answer_header(exchange, "Retry-After", "30");
    http_answer_text(exchange, 503, "this node is not set up yet");
}

static int start_face(struct node_setup *setup)
{
    const struct node_options *options = setup->options;
    const struct http_server_options server = {
        .address =
            options->listen_address ? options->listen_address : "0.0.0.0",
        .port = options->listen_port,
        .handler = on_peer,
        .any_path = true,
    };

    return http_server_start(&server, &setup->face);
}

static int start_control(struct node_setup *setup)
{
    const struct node_options *options = setup->options;
    const struct node_control_options control = {
        .loop = setup->loop,
        .folder = options->folder,
        .port = options->control_port,
        .guard = {.host = options->page_host,
                  .host_user = options->page_user,
                  .has_host_user = options->page_host != NULL,
                  .user = geteuid()},
        .world = &world,
        .world_user = setup,
        .waits_for = what_it_waits_for(setup),
        .public_url = "",
    };

    return node_control_start(&control, &setup->control);
}

/* ---- life ---- */

static void on_opened(void *user)
{
    struct node_setup *setup = user;

    if (!setup->closed)
        setup->events.opened(setup->user, setup);
}

static void on_turn(uv_timer_t *turn)
{
    struct node_setup *setup = turn->data;

    setup->events.ready(setup->user, setup);
}

/* Words and a passphrase pass through this process's memory: none of it goes
 * into a core. The node that follows holds no secrets, but memory that was used
 * by them. */
static void leave_no_core(void)
{
    const struct rlimit none = {0};

    if (setrlimit(RLIMIT_CORE, &none))
        log_warn("node", "a core of this process may hold secrets");
}

static void free_it(struct node_setup *setup)
{
    folder_lock_release(setup->lock);
    free(setup->name);
    free(setup);
}

int node_setup_start(uv_loop_t *loop, const struct node_options *options,
                     const struct node_setup_events *events, void *user,
                     struct node_setup **out)
{
    struct node_setup *setup = mem_zero(1, sizeof(*setup));
    bool has_keys = false, is_sealed = false;

    leave_no_core();
    setup->options = options;
    setup->loop = loop;
    setup->events = *events;
    setup->user = user;
    setup->name = node_page_name(options->folder);
    int status = folder_lock_take(options->folder, &setup->lock);
    if (!status)
        status = look(options, &has_keys, &is_sealed);
    setup->is_locked = has_keys;
    if (!status)
        status = start_face(setup);
    if (status) {
        free_it(setup);
        return status;
    }
    const struct setup_options steps = {.loop = loop,
                                        .folder = options->folder,
                                        .account = options->account,
                                        .signer = options->signer_path,
                                        .is_sealed = has_keys,
                                        .opened = on_opened,
                                        .user = setup};
    setup->setup = setup_new(&steps);
    setup->parts_open = 1;
    CHECK(!uv_timer_init(loop, &setup->turn));
    setup->turn.data = setup;
    setup->parts_open++;
    status = start_control(setup);
    if (status) {
        node_setup_stop(setup, NULL, NULL);
        return status;
    }
    CHECK(!uv_timer_start(&setup->turn, on_turn, 0, 0));
    log_info("node", "%s", what_it_waits_for(setup));
    *out = setup;
    return 0;
}

bool node_setup_is_locked(const struct node_setup *setup)
{
    return setup->is_locked;
}

const char *node_setup_url(const struct node_setup *setup)
{
    return node_control_url_of(setup->control);
}

char *node_setup_link(struct node_setup *setup)
{
    return node_control_link(setup->control);
}

int node_setup_signer(const struct node_setup *setup, struct signer **out)
{
    const struct node_options *options = setup->options;
    const struct signer_start start = {.program = options->signer_path,
                                       .folder = options->folder,
                                       .account = options->account,
                                       .known = setup_secret(setup->setup)};

    return signer_start(setup->loop, &start, out);
}

int node_setup_keep(const struct node_setup *setup)
{
    int status = http_server_keep_here(setup->face);

    return status ? status : node_control_keep_here(setup->control);
}

static void on_part_closed(void *user)
{
    struct node_setup *setup = user;
    void (*closed)(void *) = setup->closed;
    void *closed_user = setup->closed_user;

    if (--setup->parts_open)
        return;
    free_it(setup);
    if (closed)
        closed(closed_user);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_part_closed(handle->data);
}

/* What the setup has under way ends first: its answers go to the port. */
static void on_setup_closed(void *user)
{
    struct node_setup *setup = user;

    setup->setup = NULL;
    if (setup->control) {
        setup->parts_open++;
        node_control_stop(setup->control, on_part_closed, setup);
    }
    on_part_closed(setup);
}

void node_setup_stop(struct node_setup *setup, void (*closed)(void *user),
                     void *user)
{
    setup->closed = closed;
    setup->closed_user = user;
    http_server_stop(setup->face);
    if (setup->control)
        node_control_say_bye(setup->control, "restart");
    uv_close((uv_handle_t *)&setup->turn, on_timer_closed);
    if (setup->client) {
        setup->parts_open++;
        client_close(setup->client, on_part_closed, setup);
    }
    setup_close(setup->setup, on_setup_closed, setup);
}
