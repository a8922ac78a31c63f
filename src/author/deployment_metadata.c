/*
 * metadata.json of a deployment: what Koii's nodes show of a task, and what
 * they ask of an operator before they start it.
 */
#include "author/deployment.h"
#include "base/check.h"
#include "base/json.h"

/* To Koii's node an absent field is none, and null is a broken file. */
static void write_optional(struct json_writer *writer, const char *name,
                           const char *value)
{
    if (value)
        json_field_text(writer, name, value);
}

/* The field names are Koii's (reference, 3.2). createdAt is the caller's, so
 * that the same deployment can be made twice with the same CID. */
void deployment_metadata(const struct deployment *deployment,
                         uint64_t created_at_ms, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    CHECK(deployment->task_name && deployment->description);
    json_open_object(&writer);
    json_field_text(&writer, "author", deployment->author);
    json_field_text(&writer, "description", deployment->description);
    json_field_text(&writer, "repositoryUrl", deployment->repository_url);
    json_field_u64(&writer, "createdAt", created_at_ms);
    write_optional(&writer, "migrationDescription",
                   deployment->migration_description);
    write_optional(&writer, "imageUrl", deployment->image_url);
    write_optional(&writer, "infoUrl", deployment->info_url);
    write_optional(&writer, "koiiOceanUrl", deployment->ocean_url);
    json_name(&writer, "requirementsTags");
    json_open_array(&writer);
    for (size_t i = 0; i < deployment->requirement_count; i++) {
        const struct deployment_requirement *requirement =
            &deployment->requirements[i];

        json_open_object(&writer);
        json_field_text(&writer, "type", requirement->type);
        write_optional(&writer, "value", requirement->value);
        write_optional(&writer, "description", requirement->description);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_name(&writer, "tags");
    json_open_array(&writer);
    for (size_t i = 0; i < deployment->tag_count; i++)
        json_write_text(&writer, deployment->tags[i]);
    json_close_array(&writer);
    write_optional(&writer, "environment", deployment->environment);
    write_optional(&writer, "engine", deployment->engine);
    json_close_object(&writer);
}
