/*
 * YAML of configuration files. What is taken becomes a tree that JSON can
 * write, within the limits of depth and number.
 */
#include "base/buffer.h"
#include "base/check.h"
#include "base/json.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *value;
    struct buffer text = {0};
    if (yaml_parse(bytes_make(data, size), &value))
        return 0;
    json_text(value, &text);
    CHECK(text.size);
    json_object_put(value);
    buffer_free(&text);
    return 0;
}
