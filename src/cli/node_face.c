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

/* Two questions of the node to its endpoint, one of them for all tasks; or a
 * disk that takes its time over a large bundle. */
#define LONG_TIMEOUT_MS 120000

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
 * another port in between. timeout_ms 0: the client's own. */
static int ask(struct cli *cli, const char *path, const char *body,
               uint64_t timeout_ms, struct buffer *answer)
{
    CHECK(path && *path == '/');
    struct control_client control;
    int status = node_face_connect(cli, &control);

    if (status)
        return status;
    if (timeout_ms)
        control.timeout_ms = timeout_ms;
    return hinted(cli, control_client_ask(&control, path, body, answer));
}

int node_face_ask(struct cli *cli, const char *path, const char *body,
                  struct buffer *answer)
{
    return ask(cli, path, body, 0, answer);
}

int node_face_ask_long(struct cli *cli, const char *path, const char *body,
                       struct buffer *answer)
{
    return ask(cli, path, body, LONG_TIMEOUT_MS, answer);
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

static int ask_json(struct cli *cli, const char *path, const char *body,
                    uint64_t timeout_ms, struct json_object **out)
{
    struct control_client control;
    int status = node_face_connect(cli, &control);

    if (status)
        return status;
    if (timeout_ms)
        control.timeout_ms = timeout_ms;
    return hinted(cli, control_client_ask_json(&control, path, body, out));
}

int node_face_ask_json(struct cli *cli, const char *path, const char *body,
                       struct json_object **out)
{
    return ask_json(cli, path, body, 0, out);
}

int node_face_ask_json_long(struct cli *cli, const char *path, const char *body,
                            struct json_object **out)
{
    return ask_json(cli, path, body, LONG_TIMEOUT_MS, out);
}

/* NULL where there is none: json_get_*() would say so in err_text(), where the
 * text of an error may stand that is on its way. */
static struct json_object *member_of(struct json_object *object,
                                     const char *name)
{
    struct json_object *member = NULL;

    if (json_object_is_type(object, json_type_object))
        (void)json_object_object_get_ex(object, name, &member);
    return member;
}

const char *node_face_text(struct json_object *object, const char *name)
{
    struct json_object *member = member_of(object, name);

    return json_object_is_type(member, json_type_string)
               ? json_object_get_string(member)
               : "";
}

uint64_t node_face_u64(struct json_object *object, const char *name)
{
    uint64_t number;

    return json_is_u64(member_of(object, name), &number) ? number : 0;
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
