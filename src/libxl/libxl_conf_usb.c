/* Controllers as libxl's configuration: paravirtual USB, and the limits of the
 * Xen bus. The others (IDE, PCI, virtio-serial, ...) come with the emulated
 * machine or stand for nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/controller_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

#define USB_PORTS_DEFAULT 8

bool
libxl_conf_map_usb(const DomainDef *def, const DomainControllerDef *controller,
                   libxl_device_usbctrl *device, GError **error)
{
    device->devid = controller->index;
    device->type = LIBXL_USBCTRL_TYPE_QUSB;
    device->ports = controller->ports >= 0 ? controller->ports : USB_PORTS_DEFAULT;
    if (!controller->model || strcmp(controller->model, "qusb2") == 0) {
        device->version = 2;
        return true;
    }
    if (strcmp(controller->model, "qusb1") == 0) {
        device->version = 1;
        return true;
    }
    return libxl_conf_refuse(
        def, error,
        _("usb controller %d: model '%s' is not possible on Xen; use 'qusb1' or 'qusb2'"),
        controller->index, controller->model);
}

static void
map_xenbus(const DomainControllerDef *controller, libxl_domain_build_info *info)
{
    if (controller->max_grant_frames > 0)
        info->max_grant_frames = (uint32_t)controller->max_grant_frames;
    if (controller->max_event_channels > 0)
        info->event_channels = (uint32_t)controller->max_event_channels;
}

/* Model "none" says that there is no USB. */
static bool
is_usb(const DomainControllerDef *controller)
{
    return controller->type == DOMAIN_CONTROLLER_USB && g_strcmp0(controller->model, "none") != 0;
}

bool
libxl_conf_map_controllers(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    config->usbctrls = g_new0(libxl_device_usbctrl, def->controllers->len);
    for (guint i = 0; i < def->controllers->len; i++) {
        const DomainControllerDef *controller = def->controllers->pdata[i];

        if (controller->type == DOMAIN_CONTROLLER_XENBUS) {
            map_xenbus(controller, &config->b_info);
        } else if (is_usb(controller)) {
            libxl_device_usbctrl *device = &config->usbctrls[config->num_usbctrls++];

            libxl_device_usbctrl_init(device);
            if (!libxl_conf_map_usb(def, controller, device, error))
                return false;
        }
    }
    return true;
}
