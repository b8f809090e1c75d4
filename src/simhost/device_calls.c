/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/device_calls.h"

#include "simhost/call_args.h"
#include "simhost/pci.h"
#include "util/error.h"
#include "util/i18n.h"

/* What three of the calls are about. */
typedef struct {
    SimHardware *hardware;
    const char *type;
    const char *name;
    struct json_object *device; /* NULL if there is none */
} Target;

static bool
read_target(SimCallContext *context, struct json_object *args, Target *target, GError **error)
{
    SimDomain *domain = sim_args_get_guest(context, args, error);

    if (!domain)
        return false;
    target->hardware = sim_domain_get_hardware(domain);
    target->type = sim_args_get_string(args, "type", error);
    target->name = target->type ? sim_args_get_string(args, "name", error) : NULL;
    target->device = json_object_object_get(args, "device");
    return target->name != NULL;
}

bool
sim_call_list_devices(SimCallContext *context, struct json_object *args, struct json_object *result,
                      GError **error)
{
    SimDomain *domain = sim_args_get_guest(context, args, error);
    struct json_object *list;

    if (!domain)
        return false;
    list = json_object_new_array();
    sim_hardware_list(sim_domain_get_hardware(domain), list);
    json_object_object_add(result, "devices", list);
    return true;
}

bool
sim_call_add_device(SimCallContext *context, struct json_object *args, struct json_object *result,
                    GError **error)
{
    Target target;

    return read_target(context, args, &target, error) &&
           sim_hardware_add(target.hardware, target.type, target.name, target.device, error);
}

bool
sim_call_remove_device(SimCallContext *context, struct json_object *args,
                       struct json_object *result, GError **error)
{
    Target target;

    return read_target(context, args, &target, error) &&
           sim_hardware_remove(target.hardware, target.type, target.name,
                               json_object_get_boolean(json_object_object_get(args, "force")),
                               error);
}

bool
sim_call_change_medium(SimCallContext *context, struct json_object *args,
                       struct json_object *result, GError **error)
{
    Target target;

    return read_target(context, args, &target, error) &&
           sim_hardware_change_medium(target.hardware, target.name, target.device, error);
}

bool
sim_call_set_assignable(SimCallContext *context, struct json_object *args,
                        struct json_object *result, GError **error)
{
    const char *name = sim_args_get_string(args, "name", error);

    return name && sim_pci_set_assignable(
                       context->root, name,
                       json_object_get_boolean(json_object_object_get(args, "assignable")), error);
}
