// SPDX-License-Identifier: LGPL-2.1-or-later

// A second implementation of the protocol, DigitalOcean's in Go, has a domain through its
// life. Prints "done", or says what is wrong.
//
// usage: session SOCKET NAME DOMAIN-XML-FILE DISK-XML-FILE
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/digitalocean/go-libvirt"
	"github.com/digitalocean/go-libvirt/socket/dialers"
)

func must(what string, err error) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}

func expect(what string, ok bool) {
	if !ok {
		log.Fatalf("not so: %s", what)
	}
}

func textOf(path string) string {
	text, err := os.ReadFile(path)
	must(path, err)
	return string(text)
}

func awaitEvent(events <-chan libvirt.DomainEventLifecycleMsg, name string, event libvirt.DomainEventType) {
	for {
		select {
		case message := <-events:
			if message.Dom.Name == name && message.Event == int32(event) {
				return
			}
		case <-time.After(20 * time.Second):
			log.Fatalf("no event %d of %s", event, name)
		}
	}
}

func main() {
	socket, name := os.Args[1], os.Args[2]
	domainXML, diskXML := textOf(os.Args[3]), textOf(os.Args[4])
	client := libvirt.NewWithDialer(dialers.NewLocal(dialers.WithSocket(socket)))
	must("connect", client.ConnectToURI(libvirt.XenSystem))

	version, err := client.ConnectGetLibVersion()
	must("version", err)
	expect("version 9 or later", version >= 9000000)
	events, err := client.LifecycleEvents(context.Background())
	must("events", err)
	_, err = client.DomainLookupByName(name)
	expect("an unknown domain is not found", libvirt.IsNotFound(err))

	domain, err := client.DomainCreateXML(domainXML, 0)
	must("create", err)
	awaitEvent(events, name, libvirt.DomainEventStarted)
	state, _, err := client.DomainGetState(domain, 0)
	must("state", err)
	expect("it runs", state == int32(libvirt.DomainRunning))

	must("attach", client.DomainAttachDeviceFlags(domain, diskXML, uint32(libvirt.DomainDeviceModifyLive)))
	xml, err := client.DomainGetXMLDesc(domain, 0)
	must("xml", err)
	expect("the disk is there", strings.Contains(xml, "dev='xvdb'"))

	domains, _, err := client.ConnectListAllDomains(1, libvirt.ConnectListDomainsActive)
	must("list", err)
	expect("two domains run", len(domains) == 2)
	must("destroy", client.DomainDestroy(domain))
	awaitEvent(events, name, libvirt.DomainEventStopped)
	must("disconnect", client.Disconnect())
	fmt.Println("done")
}
