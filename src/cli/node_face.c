/*
 * Asking the node that runs on this machine.
 *
 * A node listens for its operator on a port of 127.0.0.1 that it chose itself,
 * and answers only requests with its token. Both stand in control.json in its
 * folder, which is readable to its owner alone. So a user who may read the
 * node's keys may also give it orders, and no other user may.
 */
#include "cli/node_face.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/settings.h"
#include "node/control_client.h"

#include <stdlib.h>

/* Two questions of the node to its endpoint, one of them for all tasks. */
#define CHAIN_TIMEOUT_MS 120000

/* The folder is a node's name on this machine: its keys and where it listens
 * stand there. */
char *node_face_folder(const struct cli *cli)
{
    const char *environment = getenv("POND_NODE");

    if (cli->node_folder)
        return mem_text(cli->node_folder);
    if (environment && *environment && !cli->place.is_near)
        return mem_text(environment);
    return settings_node_folder(&cli->place);
}

/* That no node runs is the commonest error of all these commands, and the hint
 * names both ways out of it. */
int node_face_connect(struct cli *cli, struct control_client *out)
{
    char *folder = node_face_folder(cli);
    int status = control_client_read(folder, out);

    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "start one with `pond node`, or name its folder with "
                 "--node-dir (a node of `pond up` is DIR/node-1 and so on)");
    free(folder);
    return status;
}

/* A node that was killed leaves its control.json behind, and nothing listens at
 * the port in it. */
static int hinted(struct cli *cli, int status)
{
    if (status == ERR_NETWORK)
        cli_hint(cli, status,
                 "it has ended without removing its control.json: start it "
                 "again with `pond node`");
    return status;
}

/* The file is read for each question: the node may have been restarted with
 * another port in between. */
int node_face_ask(struct cli *cli, const char *path, const char *body,
                  struct buffer *answer)
{
    CHECK(path && *path == '/');
    struct control_client control;
    int status = node_face_connect(cli, &control);

    if (status)
        return status;
    return hinted(cli, control_client_ask(&control, path, body, answer));
}

int node_face_ask_chain(struct cli *cli, const char *path, const char *body,
                        struct buffer *answer)
{
    struct control_client control;
    int status = node_face_connect(cli, &control);

    if (status)
        return status;
    control.timeout_ms = CHAIN_TIMEOUT_MS;
    return hinted(cli, control_client_ask(&control, path, body, answer));
}

int node_face_send(struct cli *cli, const char *method, const char *path,
                   const char *body, struct buffer *answer)
{
    CHECK(path && *path == '/');
    struct control_client control;
    int status = node_face_connect(cli, &control);

    if (status)
        return status;
    return hinted(cli,
                  control_client_send(&control, method, path, body, answer));
}

int node_face_ask_json(struct cli *cli, const char *path, const char *body,
                       struct json_object **out)
{
    struct control_client control;
    int status = node_face_connect(cli, &control);

    if (status)
        return status;
    return hinted(cli, control_client_ask_json(&control, path, body, out));
}

const char *node_face_text(struct json_object *object, const char *name)
{
    const char *text;

    return json_get_text(object, name, &text) ? "" : text;
}

uint64_t node_face_u64(struct json_object *object, const char *name)
{
    uint64_t number;

    return json_get_u64(object, name, &number) ? 0 : number;
}

int node_face_order(struct cli *cli, const char *path, const char *body,
                    const char *name, const char *done)
{
    struct buffer answer = {0};
    int status = node_face_ask(cli, path, body, &answer);

    buffer_free(&answer);
    if (status)
        return status;
    output_text(&cli->output, name, done);
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

int node_face_list(struct cli *cli, const char *path, const char *name,
                   int (*print)(struct cli *cli, struct json_object *list))
{
    struct json_object *tree = NULL, *list;
    int status = node_face_ask_json(cli, path, NULL, &tree);

    if (!status)
        status = json_get_array(tree, name, &list);
    if (!status)
        status = print(cli, list);
    json_object_put(tree);
    return status;
}
