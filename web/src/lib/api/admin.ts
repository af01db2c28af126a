// Calls that only the settings, the reports and the guide make: they come with those, not with the start.
import { at, call } from './client';
import type * as T from './types';

export const admin = {
  alerts: () => call<readonly T.Alert[]>('GET', '/alerts'),
  createAlert: (body: T.SaveAlert, key: string) => call<T.Alert>('POST', '/alerts', { body, key }),
  editAlert: (id: string, body: T.SaveAlert) => call<T.Alert>('PUT', at`/alerts/${id}`, { body }),
  deleteAlert: (id: string) => call<void>('DELETE', at`/alerts/${id}`),
  standingAlerts: () => call<readonly T.StandingAlert[]>('GET', '/alerts/standing'),
  webhooks: () => call<readonly T.Webhook[]>('GET', '/webhooks'),
  createWebhook: (body: T.SaveWebhook, key: string) => call<T.Webhook>('POST', '/webhooks', { body, key }),
  editWebhook: (id: string, body: T.SaveWebhook) => call<T.Webhook>('PUT', at`/webhooks/${id}`, { body }),
  deleteWebhook: (id: string) => call<void>('DELETE', at`/webhooks/${id}`),
  testWebhook: (id: string, key: string) => call<T.Dispatch>('POST', at`/webhooks/${id}/test`, { key }),
  dispatches: () => call<readonly T.Dispatch[]>('GET', '/dispatches'),
  createSavedReply: (body: T.SaveReply, key: string) =>
    call<T.SavedReply>('POST', '/saved-replies', { body, key }),
  editSavedReply: (id: string, body: T.SaveReply) =>
    call<T.SavedReply>('PUT', at`/saved-replies/${id}`, { body }),
  deleteSavedReply: (id: string) => call<void>('DELETE', at`/saved-replies/${id}`),
  createBreakReason: (name: string, key: string) =>
    call<T.BreakReason>('POST', '/break-reasons', { body: { name }, key }),
  editBreakReason: (id: string, body: { name: string; version: number }) =>
    call<T.BreakReason>('PUT', at`/break-reasons/${id}`, { body }),
  deleteBreakReason: (id: string) => call<void>('DELETE', at`/break-reasons/${id}`),
  createCalendar: (body: T.SaveCalendar, key: string) =>
    call<T.Calendar>('POST', '/calendars', { body, key }),
  editCalendar: (id: string, body: T.SaveCalendar) => call<T.Calendar>('PUT', at`/calendars/${id}`, { body }),
  removeCalendar: (id: string) => call<void>('DELETE', at`/calendars/${id}`),
  previewPolicy: (body: T.PreviewPolicy) => call<T.PolicyPreview>('POST', '/sla/policies/preview', { body }),
  previewCalendar: (body: T.SaveCalendar) => call<T.CalendarPreview>('POST', '/calendars/preview', { body }),
  holidayCountries: () => call<T.HolidayCountry[]>('GET', '/holiday-countries'),
  createPolicy: (body: T.SavePolicy, key: string) =>
    call<T.SlaPolicy>('POST', '/sla/policies', { body, key }),
  editPolicy: (id: string, body: T.SavePolicy) => call<T.SlaPolicy>('PUT', at`/sla/policies/${id}`, { body }),
  removePolicy: (id: string) => call<void>('DELETE', at`/sla/policies/${id}`),
  recount: () => call<T.RecountRow>('GET', '/sla/recount'),
  connectors: () => call<T.ConnectorRow[]>('GET', '/connectors'),
  channels: () => call<T.ChannelSetup[]>('GET', '/channels'),
  createChannel: (body: T.CreateChannel, key: string) =>
    call<T.ChannelSetup>('POST', '/channels', { body, key }),
  testChannel: (body: T.TestChannel) => call<T.Trial>('POST', '/channels/test', { body }),
  editChannel: (id: string, body: T.EditChannel) =>
    call<T.ChannelSetup>('PATCH', at`/channels/${id}`, { body }),
  consent: (id: string) => call<T.ConsentRow>('GET', at`/channels/${id}/consent`),
  removeChannel: (id: string) => call<void>('DELETE', at`/channels/${id}`),
  beginning: () => call<T.Beginning>('GET', '/beginning'),
  accounts: () => call<readonly T.AccountRow[]>('GET', '/accounts'),
  createAccount: (body: T.CreateAccount, key: string) =>
    call<T.Invitation>('POST', '/accounts', { body, key }),
  setFace: (id: string, picture: string) =>
    call<T.AgentRow>('PUT', at`/agents/${id}/face`, { body: { picture } }),
  removeFace: (id: string) => call<T.AgentRow>('DELETE', at`/agents/${id}/face`),
  editAccount: (id: string, body: T.EditAccount) =>
    call<T.AccountRow>('PATCH', at`/accounts/${id}`, { body }),
  withdrawInvitation: (id: string) => call<void>('DELETE', at`/accounts/${id}/invitation`),
  accountLink: (id: string, key: string) => call<T.Invitation>('POST', at`/accounts/${id}/link`, { key }),
  roles: () => call<readonly T.RoleRow[]>('GET', '/roles'),
  createRole: (body: T.SaveRole, key: string) => call<T.RoleRow>('POST', '/roles', { body, key }),
  editRole: (id: string, body: T.SaveRole) => call<T.RoleRow>('PUT', at`/roles/${id}`, { body }),
  deleteRole: (id: string) => call<void>('DELETE', at`/roles/${id}`),
  replaceRole: (id: string, instead: string) =>
    call<void>('POST', at`/roles/${id}/replace`, { body: { instead } }),
  createAttribute: (body: T.SaveAttribute, key: string) =>
    call<T.Attribute>('POST', '/attributes', { body, key }),
  editAttribute: (id: string, body: T.SaveAttribute) =>
    call<T.Attribute>('PUT', at`/attributes/${id}`, { body }),
  deleteAttribute: (id: string) => call<void>('DELETE', at`/attributes/${id}`),
  segments: () => call<readonly T.Segment[]>('GET', '/segments'),
  createSegment: (body: T.SaveSegment, key: string) => call<T.Segment>('POST', '/segments', { body, key }),
  editSegment: (id: string, body: T.SaveSegment) => call<T.Segment>('PUT', at`/segments/${id}`, { body }),
  deleteSegment: (id: string) => call<void>('DELETE', at`/segments/${id}`),
  previewSegment: (body: { conditions: T.Condition }) =>
    call<T.SegmentPreview>('POST', '/segments/preview', { body }),
  tags: () => call<readonly T.Tag[]>('GET', '/tags'),
  createTag: (body: T.SaveTag, key: string) => call<T.Tag>('POST', '/tags', { body, key }),
  editTag: (id: string, body: T.SaveTag) => call<T.Tag>('PUT', at`/tags/${id}`, { body }),
  retag: (id: string, body: { version: number; into: string }, key: string) =>
    call<T.JobRow>('POST', at`/tags/${id}/retag`, { body, key }),
  tagCounts: () => call<{ open: Record<string, number> }>('GET', '/tags/counts'),
  tagging: () => call<T.TaggingRow>('GET', '/tagging'),
  editTagging: (body: T.TaggingRow) => call<T.TaggingRow>('PUT', '/tagging', { body }),
  surveys: () => call<readonly T.Survey[]>('GET', '/surveys'),
  createSurvey: (body: T.SaveSurvey, key: string) => call<T.Survey>('POST', '/surveys', { body, key }),
  editSurvey: (id: string, body: T.SaveSurvey) => call<T.Survey>('PUT', at`/surveys/${id}`, { body }),
  deleteSurvey: (id: string) => call<void>('DELETE', at`/surveys/${id}`),
  report: (query: Record<string, string>, signal?: AbortSignal) =>
    call<T.Report>('GET', '/reports', { query, signal }),
  facts: (query: Record<string, string>) => call<T.FactPage>('GET', '/reports/facts', { query }),
};
