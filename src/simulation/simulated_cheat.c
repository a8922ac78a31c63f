#include "base/buffer.h"
#include "simulation/simulated_network_parts.h"

#include <string.h>

/* In the order of enum simulation_cheat. */
static const char *const names[SIMULATION_CHEATS] = {
    [SIMULATION_HONEST] = "honest", [SIMULATION_WRONG] = "wrong",
    [SIMULATION_SILENT] = "silent", [SIMULATION_LIAR] = "liar",
    [SIMULATION_LIST] = "list",
};

const char *simulation_cheat_name(enum simulation_cheat cheat)
{
    return names[cheat];
}

/* Another character of the same kind: never the same one. */
static char other(struct random *random, char byte)
{
    static const struct {
        char first;
        unsigned count;
    } kinds[] = {{'0', 10}, {'a', 26}, {'A', 26}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        unsigned at = (unsigned)(byte - kinds[i].first);

        if (byte >= kinds[i].first && at < kinds[i].count)
            return (char)(kinds[i].first +
                          (at + 1 + random_below(random, kinds[i].count - 1)) %
                              kinds[i].count);
    }
    return byte;
}

/* A text without letters and digits grows by one. */
void simulated_cheat_text(struct random *random, const char *text,
                          struct buffer *out)
{
    size_t before = out->size;

    for (const char *at = text; *at; at++)
        buffer_u8(out, (uint8_t)other(random, *at));
    if (!memcmp(out->data + before, text, strlen(text)))
        buffer_text(out, "x");
}
