/*
 * pond doctor --of-node: what the node finds when it looks, which its page
 * shows (src/node/page/doctor.h).
 *
 * Status 3 where no node runs with the folder, 4 where it does not answer.
 */
#include "base/error.h"
#include "base/json.h"
#include "cli/doctor.h"
#include "cli/node_face.h"

#include <time.h>

#define PATH "/api/1/doctor"

/* Between two questions whether it is over, and how many there are: longer than
 * the node lets it take. */
#define LOOK_MS 100
#define LOOKS_MAX 700

static enum verdict verdict_of(const char *level)
{
    return !strcmp(level, "good")  ? GOOD
           : !strcmp(level, "bad") ? BAD
                                   : WARNING;
}

static int wait_for_it(struct cli *cli, struct json_object **out)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};

    for (unsigned i = 0; i < LOOKS_MAX; i++) {
        int status = node_face_ask_json(cli, PATH, NULL, out);

        if (status)
            return status;
        if (strcmp(node_face_text(*out, "state"), "running") != 0)
            return 0;
        json_object_put(*out);
        *out = NULL;
        nanosleep(&pause, NULL);
    }
    return err_set(ERR_TIMEOUT, "the node is still looking");
}

static int print(struct doctor *doctor, struct json_object *answer)
{
    struct json_object *items;
    int status;

    if (!strcmp(node_face_text(answer, "state"), "failed"))
        return err_set(ERR_REMOTE, "the node could not look: %s",
                       node_face_text(answer, "error"));
    if ((status = json_get_array(answer, "items", &items)) < 0)
        return status;
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        const char *fix = node_face_text(item, "fix");

        doctor_say(doctor, node_face_text(item, "id"),
                   verdict_of(node_face_text(item, "level")), *fix ? fix : NULL,
                   "%s", node_face_text(item, "text"));
    }
    return 0;
}

int doctor_of_node(struct doctor *doctor)
{
    struct json_object *answer = NULL;
    struct buffer nothing = {0};
    int status = node_face_ask(doctor->cli, PATH, "{}", &nothing);

    if (!status)
        status = wait_for_it(doctor->cli, &answer);
    if (!status)
        status = print(doctor, answer);
    json_object_put(answer);
    buffer_free(&nothing);
    return status;
}
