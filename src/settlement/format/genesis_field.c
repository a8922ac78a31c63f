/*
 * Fields of a genesis file. Each error names its field.
 */
#include "base/check.h"
#include "base/error.h"
#include "settlement/format/genesis_read.h"
#include <inttypes.h>

/* A field that holds a key in base58; required. The error names the field. */
int genesis_read_key(struct json_object *object, const char *name,
                     struct pubkey *out)
{
    const char *text;
    int status = json_get_text(object, name, &text);
    if (!status)
        status = pubkey_parse(bytes_text(text), out);
    return status ? err_add(status, "%s", name) : 0;
}

/* A field that holds a number between two bounds, both included; required. */
int genesis_read_number(struct json_object *object, const char *name,
                        uint64_t least, uint64_t most, uint64_t *out)
{
    CHECK(least <= most);
    int status = json_get_u64(object, name, out);
    if (status)
        return status;
    if (*out < least || *out > most)
        return err_set(ERR_RANGE,
                       "%s is %" PRIu64 "; it must be %" PRIu64 " ... %" PRIu64,
                       name, *out, least, most);
    return 0;
}

/* For fields that may be absent: *out stays as it is, which is zero, false or
 * empty. A wrong field stays an error. */
int genesis_absent_is_fine(int status)
{
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* In form 1 the fields of form 2 would mean nothing, and somebody who wrote one
 * meant something. */
int genesis_refuse_newer(struct json_object *object, const char *const *names,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (json_object_object_get_ex(object, names[i], NULL))
            return err_set(ERR_INVALID, "%s is of form 2: add \"form\": 2",
                           names[i]);
    return 0;
}

/* A number that may be absent: *out is then its default. */
int genesis_read_optional(struct json_object *root, const char *name,
                          uint64_t least, uint64_t most, uint64_t without,
                          uint64_t *out)
{
    *out = without;
    return genesis_absent_is_fine(
        genesis_read_number(root, name, least, most, out));
}
