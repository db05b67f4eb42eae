{{/* sandpool.image (list $ "operator"): the whole name of one image. */}}
{{- define "sandpool.image" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $image := $root.Values.image -}}
{{- with index $image $name -}}
{{- . -}}
{{- else -}}
{{- $registry := required "image.registry must be set: the registry, and the path in it, that has the images sandpool-operator and sandpool-runner" $image.registry -}}
{{- printf "%s/sandpool-%s:%s" $registry $name ($image.tag | default $root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* sandpool.file (list $ "name"): a file of files/, which is a copy of manifests/, in the release's namespace. */}}
{{- define "sandpool.file" -}}
{{- $root := index . 0 -}}
{{- $root.Files.Get (printf "files/%s" (index . 1)) | replace "sandpool-system" $root.Release.Namespace -}}
{{- end -}}

{{- define "sandpool.operatorLabels" -}}
app.kubernetes.io/name: sandpool-operator
app.kubernetes.io/part-of: sandpool
{{- end -}}
