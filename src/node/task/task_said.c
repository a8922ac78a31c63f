#include "node/task/task_said.h"

#include "base/json.h"
#include "base/memory.h"
#include "node/money/earning_form.h"

#include <stdlib.h>

static void say(const struct node_parts *parts, const struct pubkey *task,
                struct buffer *message)
{
    char *topic = mem_format("task/%s", PUBKEY_TEXT(task));

    parts->say(parts->say_user, topic, buffer_view(message));
    free(topic);
    buffer_free(message);
}

void task_said_entry(const struct node_parts *parts,
                     const struct journal_earning *earning)
{
    struct buffer message = {0};
    struct json_writer writer = json_writer_make(&message);

    if (!parts->say || !earning->id || !earning->amount)
        return;
    json_open_object(&writer);
    json_field_text(&writer, "type", "entry");
    json_name(&writer, "data");
    json_open_object(&writer);
    earning_form_write(earning, 0, &writer);
    json_close_object(&writer);
    json_close_object(&writer);
    parts->say(parts->say_user, "money", buffer_view(&message));
    buffer_free(&message);
}

void task_said_round(const struct node_parts *parts, const struct pubkey *task,
                     const char *brief)
{
    struct buffer message = {0};

    if (!parts->say)
        return;
    /* The brief is an object that is not empty, of this program's making. */
    buffer_format(&message, "{\"type\":\"round\",\"task\":\"%s\",%s",
                  PUBKEY_TEXT(task), brief + 1);
    say(parts, task, &message);
}

void task_said_duty(const struct node_parts *parts, const struct pubkey *task,
                    const struct round_duty *duty, bool is_done, uint64_t slot)
{
    struct buffer message = {0};
    struct json_writer writer = json_writer_make(&message);

    if (!parts->say)
        return;
    json_open_object(&writer);
    json_field_text(&writer, "type", "duty");
    json_field_text(&writer, "task", PUBKEY_TEXT(task));
    json_field_u64(&writer, "round", duty->round);
    json_field_text(&writer, "kind", round_action_name(duty->action));
    json_field_text(&writer, "state", is_done ? "done" : "failed");
    json_field_u64(&writer, "slot", slot);
    json_close_object(&writer);
    say(parts, task, &message);
}
